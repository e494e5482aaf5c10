package findings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
)

// mostOfGrowth is the share of the growth from which on its cause is what it is.
const mostOfGrowth = 0.5

// growthParts are by how many bytes a minute memory is known to grow for tracing, by the key that
// the evidence has. What is left is not tracing's, or not known.
func (s facts) growthParts() map[string]float64 {
	size := float64(spanBytes(s.texts()))
	parts := map[string]float64{}
	for _, l := range s.Last().Kept.Lists {
		if open := analyzer.OpenShare(l); open != nil && open.Low < mostOpen && l.Grown() > 0 {
			parts["kept_bytes_per_minute"] += 60 * l.PerSecond() * size
		}
	}
	if trend, ok := estimate.TrendOf(s.Queue); ok && trend.P < significance && trend.Slope.Low > 0 {
		parts["queue_bytes_per_minute"] = 60 * trend.Slope.Value * size
	}
	for _, l := range s.leaks {
		if l.holds() && l.HeldBytes != nil && s.Total.Elapsed > 0 {
			parts["held_open_bytes_per_minute"] += l.HeldBytes.Value / s.Total.Elapsed.Minutes()
		}
	}
	if perSecond := s.processorsPerSecond(); perSecond > 0 {
		parts["processor_bytes_per_minute"] = 60 * perSecond * queueBytes(s.Total)
	}
	if perMinute := s.pointsPerMinute(); perMinute > 0 {
		parts["attribute_set_bytes_per_minute"] = perMinute * analyzer.DataPointBytes
	}
	return parts
}

// pointsPerMinute is by how many data points the exports of metrics grow: from the middle of the
// first third of the Past to that of the last.
func (s facts) pointsPerMinute() (perMinute float64) {
	var elapsed time.Duration
	for _, part := range s.Intervals {
		elapsed += part.Elapsed
	}
	for _, p := range s.dataPoints() {
		perMinute += max(0, p[2]-p[0]) / (elapsed.Minutes() * 2 / 3)
	}
	return perMinute
}

// processorsPerSecond is by how many the batch processors that live grow.
func (s facts) processorsPerSecond() (perSecond float64) {
	const kind = "batch span processor"
	for _, g := range growingKinds(s.Last().Goroutines) {
		if g.kind == kind {
			return g.perSecond()
		}
	}
	for _, site := range leakingComponents(s.Last().Building) {
		if site.Kind == kind {
			perSecond += growthOf(site)
		}
	}
	return perSecond
}

// addParts adds the known parts of a growth to its evidence, and what is left.
func (s facts) addParts(evidence map[string]float64, growth float64) {
	left := growth
	for key, bytes := range s.growthParts() {
		evidence[key] = bytes
		left -= bytes
	}
	evidence["other_bytes_per_minute"] = max(0, left)
	if share := evidence["kept_bytes_per_minute"] / growth; share >= mostOfGrowth {
		evidence[keptShare] = min(1, share)
	}
}

// keptShare is the key of evidence that spans which are kept are most of the growth.
const keptShare = "kept_share"

// filler is something of tracing that fills memory.
type filler struct{ what, advice string }

// fillers are the parts of tracing that may grow, in the order in which they are looked for.
var fillers = []func(facts) (filler, bool){componentsGrow, keptGrows, heldSpansGrow, livingGrows, processorsGrow, tracersGrow, queueGrows}

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

// keptGrows names the list of spans that takes most of the growth.
func keptGrows(s facts) (filler, bool) {
	worst, _ := retaining(s.Last().Kept)
	if worst == nil {
		return filler{}, false
	}
	return filler{
		fmt.Sprintf("; about %s MB per minute of it are spans that %s keeps (spans-retained)", short(60*worst.PerSecond()*float64(spanBytes(s.texts()))/1e6), worst.Where),
		releaseSpans(worst.Where),
	}, true
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
