// Package e2e runs otwatch as its users do, against a real traced program and
// the OpenTelemetry Collector's own OTLP receiver. It needs root and a kernel
// that lets uprobes and perf events in: without them its tests fail, they do
// not skip. It is a module of its own, so that the Collector does not come
// into the product's go.mod.
package e2e
