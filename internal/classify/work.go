package classify

import "github.com/otwatch/otwatch/internal/snapshot"

// Part is the part of OpenTelemetry that a stack works for.
type Part int

// The parts.
const (
	NoPart Part = iota
	PartTracing
	PartInstrumentation
	PartSignals // metrics and logs
	Parts       // how many there are
)

// Work is whom a stack works for, and on whose line.
type Work struct {
	Part  Part
	Stage string // only of PartTracing
	Site  int    // index of the frame that is the call site; -1 if there is none
}

// WorkOf returns whom a stack works for. Tracing's part is as in Counts.
func WorkOf(stack snapshot.Stack) Work {
	v := classified.of(stack)
	w := Work{Site: v.site}
	switch v.class {
	case Tracing:
		w.Part, w.Stage = PartTracing, v.stage
	case Instrumentation:
		w.Part = PartInstrumentation
	case Metrics, Logs:
		w.Part = PartSignals
	}
	if w.Site >= len(stack.Frames) { // two stacks may share an ID
		w.Site = -1
	}
	return w
}
