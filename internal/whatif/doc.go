// Package whatif forecasts what a process would do under other settings: the
// batch span processor with another queue, batch or delay (Replay),
// tracing at another sampling ratio (Sampling), exports compressed
// (Compression). Observations go in, figures come out: no clock, no I/O, and
// the same input gives the same figures. docs/whatif.md says how far they can
// be trusted.
package whatif
