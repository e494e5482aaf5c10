package classify

import (
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// verdict is what a stack says.
type classification struct {
	class   Class
	stage   string // of tracing
	api     bool   // tracing that a no-op provider's program does too
	malloc  bool   // inside an allocation
	wakes   bool   // waking a thread
	exports bool   // inside an exporter
	inline  bool   // which is called on the application's own goroutine
}

// known is a function and the row that speaks for it.
type entry struct {
	function
	rule
}

func lookup(name string) entry {
	f := parseFunction(name)
	for _, r := range rows[rootOf(f.pkg)] {
		if f.in(r.pkg) && (len(r.names) == 0 || f.is(r.names)) {
			return entry{f, r}
		}
	}
	return entry{f, rule{class: Application}}
}

// classify walks a stack from its leaf up to the first frame that owns it. If
// none does, the outermost frame that speaks for a whole stack decides.
func classify(stack []*snapshot.Frame) classification {
	var v classification
	var hint string
	var inContext bool
	var fallback Class
	for i, frame := range stack {
		k := lookup(frame.Function)
		v.wakes = v.wakes || frame.Function == "runtime.startm"
		v.malloc = v.malloc || k.function.pkg == "runtime" && strings.HasPrefix(k.local, "mallocgc")
		inContext = inContext || k.function.pkg == "context" && k.is([]string{"WithValue", "value", "(*valueCtx).Value"})
		switch {
		case k.root:
			if fallback == Unclassified || k.class != Runtime {
				fallback = k.class
			}
		case k.class == OtherSignal:
			fallback = Application // metrics and logs, unless tracing called them
			if hint == StageAttributes {
				hint = "" // so were the attributes theirs
			}
		case k.class == Neutral:
			if hint == "" {
				hint = k.hint
			}
		case k.class == Application && hint == StageAttributes:
			v.class = Instrumentation
			return v
		case i > 0 && k.handsOver(stack[i-1].Function):
			v.class = Application
			return v
		case k.class == Tracing:
			v.class, v.stage, v.api = Tracing, k.stageWith(hint), k.api || inContext
			v.exports, v.inline = exportsIn(stack[i:])
			return v
		default:
			v.class = k.class
			return v
		}
	}
	v.class = fallback
	return v
}

// handsOver reports whether a wrapper's callee is the application's, or leads
// to it.
func (k entry) handsOver(callee string) bool {
	to := lookup(callee)
	return slices.ContainsFunc(k.handsTo, func(name string) bool {
		if strings.ContainsRune(name, '/') {
			return to.in(name)
		}
		return to.method() == name
	})
}

// stageWith is the row's stage, or the closer one that a neutral callee hinted
// at.
func (r rule) stageWith(hint string) string {
	if hint == StageAttributes || hint != "" && r.stage == StageSend {
		return hint
	}
	return r.stage
}

// exportsIn reports whether a stack is inside an exporter, and whether the
// application's code waits for it.
func exportsIn(stack []*snapshot.Frame) (exports, inline bool) {
	for _, frame := range stack {
		k := lookup(frame.Function)
		switch {
		case k.class == Tracing && k.method() == "ExportSpans":
			exports = true
		case k.class == Application && !k.root:
			return exports, exports
		}
	}
	return exports, false
}

// siteOf is the index of the innermost frame of the application, which is where
// it called what works for it; -1 if there is none. Servers' and other
// libraries' loops are nobody's line.
func siteOf(frames []*snapshot.Frame) int {
	return slices.IndexFunc(frames, func(f *snapshot.Frame) bool {
		k := lookup(f.Function)
		return k.class == Application && !k.root
	})
}
