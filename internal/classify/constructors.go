package classify

import (
	"slices"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// constructors are functions that a program should call once, when it starts.
var constructors = []struct {
	pkg   string
	names []string
}{
	{otel + "/propagation", []string{"NewCompositeTextMapPropagator"}},
	{sdk, []string{"NewTracerProvider", "(*TracerProvider).Tracer", "NewBatchSpanProcessor", "NewSimpleSpanProcessor"}},
	{otel + "/sdk/resource", []string{"New", "Detect"}},
	{otlp, []string{"New", "NewUnstarted"}},
}

// constructorIn is the outermost constructor in a stack; "" if there is none.
func constructorIn(frames []*snapshot.Frame) string {
	for _, frame := range slices.Backward(frames) {
		if name := constructor(frame.Function); name != "" {
			return name
		}
	}
	return ""
}

// constructor is the name of a function without type parameters, if it is a constructor,
// otherwise "". Names must match exactly: a closure of a constructor may be a goroutine
// that it started and that runs from then on.
func constructor(name string) string {
	f := parseFunction(name)
	for _, c := range constructors {
		if f.in(c.pkg) && slices.Contains(c.names, f.local) {
			return f.pkg + "." + f.local
		}
	}
	return ""
}
