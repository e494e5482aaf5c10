package memory

// snapshotMethods is how many methods of a ReadOnlySpan's itab are read. The snapshot's
// SpanContext is the 14th, the 13th before v1.8; methods that are not linked read as
// runtime.unreachableMethod. Source: sdk/trace/snapshot.go.
const snapshotMethods = 14

const snapshotMethod = "go.opentelemetry.io/otel/sdk/trace.(*snapshot).SpanContext"

// IsSnapshot reports whether the itab of a ReadOnlySpan is that of the SDK's own
// snapshot. A processor may hand over a type of its own.
func IsSnapshot(r Reader, itab uint64, resolve func(address uint64) (string, bool)) bool {
	var methods [snapshotMethods]uint64
	if err := r.words(itab+itabFun, methods[:]); err != nil {
		return false
	}
	for _, method := range methods {
		if name, ok := resolve(method); ok && name == snapshotMethod {
			return true
		}
	}
	return false
}
