package classify

import (
	"slices"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// constructors are what a program should call once, when it starts.
var constructors = []struct {
	pkg   string
	names []string
}{
	{otel + "/propagation", []string{"NewCompositeTextMapPropagator"}},
	{sdk, []string{"NewTracerProvider", "(*TracerProvider).Tracer", "NewBatchSpanProcessor", "NewSimpleSpanProcessor"}},
	{otel + "/sdk/resource", []string{"New", "Detect"}},
	{otlp, []string{"New", "NewUnstarted"}},
}

// builderOf is the outermost constructor in a stack, "" for none.
func constructorIn(frames []*snapshot.Frame) string {
	for _, frame := range slices.Backward(frames) {
		if builder := constructor(frame.Function); builder != "" {
			return builder
		}
	}
	return ""
}

// constructor is the name of the constructor that a function is, without type
// parameters, "" if it is none. Constructors are known by their very names: a closure
// of one may be the goroutine that it started, which works ever after.
func constructor(name string) string {
	f := parseFunction(name)
	for _, c := range constructors {
		if f.in(c.pkg) && slices.Contains(c.names, f.local) {
			return f.pkg + "." + f.local
		}
	}
	return ""
}
