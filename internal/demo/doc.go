// Package demo has what `otwatch demo` runs beside otwatch itself: a traced workload,
// which runs in a process of its own, and an OTLP receiver for the workload and
// otwatch. Close the Receiver; the workload ends with its context.
package demo
