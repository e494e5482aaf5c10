package findings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
)

// filler is something of tracing that fills memory.
type filler struct{ what, advice string }

// fillers are the parts of tracing that may grow, in the order in which they are looked for.
var fillers = []func(facts) (filler, bool){componentsGrow, heldSpansGrow, livingGrows, processorsGrow, tracersGrow, queueGrows}

// filledBy is what of tracing grows while memory does. If nothing of it does, the filler says
// so, as far as is known.
func (s facts) filledBy() filler {
	for _, find := range fillers {
		if f, ok := find(s); ok {
			return f
		}
	}
	const profile = "compare two heap profiles (go tool pprof -diff_base): they show what grows"
	if !s.spansAreEnded() {
		return filler{"", profile + "; whether spans are held open is not known yet"}
	}
	return filler{
		"; no spans are held open, and queues and the number of processors do not grow",
		profile + "; if it is memory of tracing, look for ended spans that " + s.mayKeepSpans(),
	}
}

// mayKeepSpans is what may keep spans in memory after it exported them: an exporter of the
// program's own, whose component type is its Go type.
func (s facts) mayKeepSpans() string {
	for _, e := range s.lately.Exports {
		if strings.Contains(e.Component, ".") && !e.Discards() {
			return "the exporter " + e.Component + " keeps"
		}
	}
	return "something keeps, for instance a recorder of package tracetest"
}

func heldSpansGrow(s facts) (filler, bool) {
	i := slices.IndexFunc(s.leaks, leak.holds)
	if i < 0 {
		return filler{}, false
	}
	return filler{"; spans are held open", "end the spans started at " + s.leaks[i].name() + " on every path (defer span.End())"}, true
}

func componentsGrow(s facts) (filler, bool) {
	leaking := leakingComponents(s.Last().Building)
	if len(leaking) == 0 {
		return filler{}, false
	}
	return filler{
		"; components of tracing are built and not shut down (components-leak)",
		"shut down what is built at " + placeOf(leaking[0]) + ", or build it once",
	}, true
}

// processorsGrow compares the ends of the Past: processors that are shut down, but still
// referenced, take memory too.
func processorsGrow(s facts) (filler, bool) {
	before, now := processorsAt(s.Intervals[0]), processorsAt(s.Last())
	if before == 0 || now <= before {
		return filler{}, false
	}
	return filler{
		fmt.Sprintf("; the number of span processors grows: %d → %d", before, now),
		"create one TracerProvider per program, or call Shutdown on each one that is no longer needed: until then, its processors stay in memory",
	}, true
}

func processorsAt(part history.Interval) uint64 {
	return uint64(len(part.Processors)) + part.Others.Processors
}

func tracersGrow(s facts) (filler, bool) {
	if judgeScopeChurn(s).state != present {
		return filler{}, false
	}
	return filler{"; tracers or instruments are created without end (scope-churn)", fixedTracerNames}, true
}

// queueGrows reports whether spans in queues are most of what grows.
func queueGrows(s facts) (filler, bool) {
	trend, ok := estimate.TrendOf(s.Queue)
	if !ok || trend.P >= significance || s.memory.growth == nil {
		return filler{}, false
	}
	if perMinute := 60 * trend.Slope.Low * float64(spanBytes(s.texts())); perMinute <= s.memory.growth.Value/2 {
		return filler{}, false
	}
	return filler{
		fmt.Sprintf("; the queue grows by %s spans per second", short(trend.Slope.Value)),
		"export faster or export less: what waits in the queue is in memory",
	}, true
}

// spansAreEnded reports whether leaks show that all spans are ended.
func (s facts) spansAreEnded() bool {
	var followed uint64
	for _, l := range s.leaks {
		followed += l.Followed
		if l.leaks() || l.suspicious() {
			return false
		}
	}
	return followed >= minFollowed
}

// advise is the advice against a filler.
func (f filler) advise() []report.Advice { return []report.Advice{code(f.advice)} }
