// Package demo is what `otwatch demo` runs beside otwatch itself: a traced
// workload, as a process of its own, and an OTLP receiver for what the workload
// and otwatch send. Close the Receiver; the workload ends with its context.
package demo
