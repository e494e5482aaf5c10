// Package accounting counts what one target does, interval by interval, from what the
// probes recorded and what was read from the target's memory: the spans that processors
// were handed and exporters sent, the spans that are followed until they end, the names
// and attribute values of spans, and the heap. It reads nothing itself, has no clock and
// no goroutines, so its tests need neither root nor a process. The values that it hands
// out are package snapshot's; figures are made from them in package analyzer.
package accounting
