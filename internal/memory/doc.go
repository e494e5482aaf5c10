// Package memory reads state of the OpenTelemetry SDK from a target's memory: queues,
// drop counters, settings, exporters, the Resource, spans, and the lists in which
// processors keep spans; and state of the Go runtime's garbage collections. It only
// reads, with process_vm_readv, which neither stops the target nor attaches to it, and
// checks what it reads against the SDK's invariants. There is nothing to close.
package memory
