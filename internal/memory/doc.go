// Package memory reads the OpenTelemetry SDK's own state from a target's
// memory: queues, drop counters, settings, exporters, the Resource and spans; and
// the runtime's of its garbage collections. It only reads, with process_vm_readv,
// which neither stops the target nor attaches to it, and it checks what it reads
// against what the SDK keeps true. There is nothing to close.
package memory
