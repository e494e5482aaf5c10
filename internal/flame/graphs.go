package flame

import (
	"fmt"
	"path"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Tracing is the graph of the samples of tracing's own work: its stages, the call sites
// below each, and the functions that these call. Samples of tracing's own goroutines have
// no call site.
func Tracing(stacks []snapshot.Stack) *Node {
	var routes []route
	for _, stack := range stacks {
		if work := classify.WorkOf(stack); work.Part == classify.PartTracing {
			routes = append(routes, route{stack.Count, work.Part, byStage(stack.Frames, work)})
		}
	}
	return grow("tracing", routes)
}

// Process is the graph of all samples, from the functions with which goroutines begin.
func Process(stacks []snapshot.Stack) *Node {
	routes := make([]route, 0, len(stacks))
	for _, stack := range stacks {
		routes = append(routes, route{stack.Count, classify.WorkOf(stack).Part, inward(stack.Frames)})
	}
	return grow("process", routes)
}

// inward names frames from the outermost to the leaf.
func inward(frames []*snapshot.Frame) func(int) (string, bool) {
	return func(depth int) (string, bool) {
		if depth >= len(frames) {
			return "", false
		}
		return nameOf(frames[len(frames)-1-depth]), true
	}
}

// byStage names the stage, the call site, and what that calls.
func byStage(frames []*snapshot.Frame, work classify.Work) func(int) (string, bool) {
	site, called := "tracing's own goroutines", inward(frames)
	if work.Site >= 0 {
		site, called = siteOf(frames[work.Site]), inward(frames[:work.Site])
	}
	return func(depth int) (string, bool) {
		switch depth {
		case 0:
			return work.Stage, true
		case 1:
			return site, true
		}
		return called(depth - 2)
	}
}

func siteOf(f *snapshot.Frame) string {
	if f.File == "" {
		return nameOf(f)
	}
	return fmt.Sprintf("%s (%s:%d)", nameOf(f), path.Base(f.File), f.Line)
}
