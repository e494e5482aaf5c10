// Package whatif forecasts what a process would do under other settings: the batch span
// processor with another queue, batch or delay (Replay), tracing at another sampling
// ratio (Sampling), exports with compression (Compression). It is pure: the same
// observations give the same forecasts. docs/whatif.md says how far they can be trusted.
package whatif
