package classify

import (
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// classification is what the frames of a stack show.
type classification struct {
	class   Class
	stage   string // only of Tracing, Metrics and Logs
	api     bool   // of Tracing: a program with a no-op provider runs this too
	malloc  bool   // inside an allocation
	wakes   bool   // waking a thread
	exports bool   // inside an exporter
	inline  bool   // inside an exporter on the application's own goroutine
}

// entry is a function and its row of the table.
type entry struct {
	function
	rule
}

// lookup finds the first row that matches a function. A function without a row is the
// application's.
func lookup(name string) entry {
	f := parseFunction(name)
	for _, r := range rows[rootOf(f.pkg)] {
		if f.in(r.pkg) && (len(r.names) == 0 || f.is(r.names)) {
			return entry{f, r}
		}
	}
	return entry{f, rule{class: Application}}
}

// classify walks a stack from its leaf to the first frame that owns the work. Metrics, logs
// and the API of tracing own it unless another signal has called them: the outermost of
// these signals does. If no frame owns it, the outermost root decides.
func classify(stack []*snapshot.Frame) classification {
	v, owner := ownerOf(stack)
	if v.class == Application && inSampler(stack) {
		v.class, v.stage = Tracing, StageSampling
	}
	if owner >= 0 {
		v.exports, v.inline = exportsIn(stack[owner:], v.class)
	}
	return v
}

// inSampler reports whether a stack is inside a sampler that the SDK has asked: one of the program's
// own, or of a library.
func inSampler(stack []*snapshot.Frame) bool {
	for i, frame := range stack[:max(0, len(stack)-1)] {
		if strings.HasSuffix(frame.Function, ".ShouldSample") && strings.HasPrefix(stack[i+1].Function, sdk+".") {
			return true
		}
	}
	return false
}

// ownerOf is the classification of a stack without exports, and the index of the frame of the
// signal that owns the work; -1 if no signal does.
func ownerOf(stack []*snapshot.Frame) (v classification, owner int) {
	owner = -1
	var hint string
	var inContext bool
	var fallback Class
	for i, frame := range stack {
		k := lookup(frame.Function)
		v.wakes = v.wakes || frame.Function == "runtime.startm"
		v.malloc = v.malloc || k.function.pkg == "runtime" && strings.HasPrefix(k.local, "mallocgc")
		inContext = inContext || k.function.pkg == "context" && k.is([]string{"WithValue", "value", "(*valueCtx).Value"})
		signal := k.class == Metrics || k.class == Logs || k.class == Tracing
		switch {
		case k.root:
			if fallback == Unclassified || k.class != Runtime {
				fallback = k.class
			}
		case signal:
			if v.class != k.class {
				v.class, v.stage, owner = k.class, k.stageWith(hint), i
				v.api = k.class == Tracing && (k.api || inContext)
			}
			if hint = ""; k.class == Tracing && !k.in(otel+"/trace/...") {
				return v, owner
			}
		case k.class == Neutral:
			if hint == "" {
				hint = k.hint
			}
		case v.class != Unclassified:
			return v, owner
		case k.class == Application && hint == StageAttributes:
			v.class = Instrumentation
			return v, owner
		case i > 0 && k.handsOver(stack[i-1].Function):
			v.class = Application
			return v, owner
		default:
			v.class = k.class
			return v, owner
		}
	}
	if v.class == Unclassified {
		v.class = fallback
	}
	return v, owner
}

// handsOver reports whether a wrapper's callee is the application, or leads to it.
func (k entry) handsOver(callee string) bool {
	to := lookup(callee)
	return slices.ContainsFunc(k.handsTo, func(name string) bool {
		if strings.ContainsRune(name, '/') {
			return to.in(name)
		}
		return to.method() == name
	})
}

// stageWith is the row's stage, or the more exact one of a neutral callee.
func (r rule) stageWith(hint string) string {
	if hint == StageAttributes && r.class == Tracing || hint != "" && hint != StageAttributes && r.stage == StageSend {
		return hint
	}
	return r.stage
}

// exporterMethods are the methods of exporters, which wait until a batch was sent.
var exporterMethods = map[Class]string{Tracing: "ExportSpans", Metrics: "Export", Logs: "Export"}

// exportsIn reports whether a stack is inside an exporter of a signal, and whether the
// application waits for it.
func exportsIn(stack []*snapshot.Frame, signal Class) (exports, inline bool) {
	for _, frame := range stack {
		k := lookup(frame.Function)
		switch {
		case k.class == signal && k.method() == exporterMethods[signal]:
			exports = true
		case k.class == Application && !k.root:
			return exports, exports
		}
	}
	return exports, false
}

// Stack returns the class of a stack and, of tracing, the stage.
func Stack(stack snapshot.Stack) (class, stage string) {
	v := classified.of(stack)
	return classNames[v.class], v.stage
}
