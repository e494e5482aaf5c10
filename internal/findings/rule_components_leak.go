package findings

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/whatif"
)

const (
	// minLiving is how many components one line must build without shutting them down. A
	// program that builds one for each of a few tenants or backends at its start has fewer.
	minLiving = 8
	// minBuilding is how long a line must have been building them.
	minBuilding = 15 * time.Second
	// laterShare is the share of them that must have been built in the later half of that time.
	laterShare = 1.0 / 3
	// minBreak and breakGaps times the usual time between two of them is how long none must
	// have been built for the growth to have ended.
	minBreak  = 20 * time.Second
	breakGaps = 5
	// fewStopped is the share of a line's components that may be shut down while some shutdowns
	// are not observed.
	fewStopped = 0.1
	// fewestIdle is how many batch processors without a sampled span must live for each one that
	// had some, and idleFor how long the program must have been watched.
	fewestIdle = 200
	idleFor    = 30 * time.Second
	// idleDelays is how many schedule delays exports must have been observed for: a processor that
	// is handed spans all the time exports once in each. usualDelay is the SDK's default.
	idleDelays = 3
	usualDelay = 5 * time.Second
	// fewestStarts is how many spans must have started in windows, and mostRecorded the share of
	// them that must have been recorded and sampled: if many are not, a processor without spans may
	// be one in use.
	fewestStarts = 100
	mostRecorded = 0.9
	// componentsCritical is how many each second, with their goroutines, are critical.
	componentsCritical = 5
)

var componentsLeak = rule{
	id: "components-leak", category: "Memory",
	says: "processors, readers or providers are built again and again and not shut down: each keeps its goroutine, queue and connection",
	when: "one line has built at least 8 batch processors or periodic metric readers over 15 s or longer that were not shut down, a third of them in the later half of the time, and still does; " +
		"or the runtime's list of goroutines shows the same growth of their number. Critical from 5 a second on. Info: their number does not grow, and 200 batch processors without a sampled span live for each one that had some, in 30 s or longer, " +
		"while exports were observed for three schedule delays or longer and 90 % or more of the spans are sampled",
	clears: "none has been built for 20 s and for five times the usual time between two, or they are shut down",
	needs:  "neither the building of components nor the list of goroutines was observed",
	judge:  judgeComponentsLeak,
}

// ownGoroutine are the kinds of components whose goroutine runs until Shutdown. All others may be
// collected without it.
var ownGoroutine = []string{"batch span processor", "periodic metric reader", "batch log processor"}

// providerOf is the kind of provider that is shut down to shut a component down.
var providerOf = map[string]string{
	"batch span processor": "TracerProvider", "periodic metric reader": "MeterProvider", "batch log processor": "LoggerProvider",
}

func judgeComponentsLeak(s facts) verdict {
	b := s.Last().Building
	_, read := lastReading(s.Last().Goroutines)
	if b.Observed == 0 && !read {
		return verdict{}
	}
	for _, judge := range []func(facts) (verdict, bool){builtAndForgotten, moreLiving, idleProcessors} {
		if v, found := judge(s); found {
			return v
		}
	}
	return verdict{state: absent}
}

// builtAndForgotten judges by the lines that build components.
func builtAndForgotten(s facts) (verdict, bool) {
	b := s.Last().Building
	leaking := leakingComponents(b)
	if len(leaking) == 0 {
		return verdict{}, false
	}
	worst := leaking[0]
	perSecond := growthOf(worst)
	living, all := worst.Living(), uint64(0)
	for _, site := range leaking {
		all += site.Living()
	}
	title := fmt.Sprintf("%s were built and not shut down, %s more per second, at %s",
		countOf(living, worst.Kind, b), short(perSecond), placeOf(worst))
	if providers := providersBeside(worst, b); providers > 0 {
		title += fmt.Sprintf("; with them, %s", countOf(providers, providerOf[worst.Kind], b))
	}
	if n := len(leaking); n > 1 {
		title += fmt.Sprintf("; more at %s", english.Plural(n-1, "other line", ""))
	}
	evidence := map[string]float64{
		"not_shut_down": float64(all), "at_site": float64(living), "per_second": perSecond,
		"built": float64(worst.Built), "shut_down": float64(worst.Stopped), "seconds": worst.First.Seconds(), "sites": float64(len(leaking)),
	}
	if last, ok := lastReading(s.Last().Goroutines); ok {
		whole := analyzer.LivingAt(last, worst.Kind)
		evidence["living"] = whole.Value
		if before := whole.Low - float64(all+b.Unplaced); before >= minLiving {
			title += fmt.Sprintf("; %s live, with those built before otwatch attached", shown(whole))
		}
	}
	return verdict{
		state: present, severity: severe(perSecond >= componentsCritical), title: title, evidence: evidence,
		since:  s.Last().Start.Add(s.Last().Elapsed - worst.First),
		advice: buildOnce(worst.Kind),
	}, true
}

// moreLiving judges by the number of goroutines that run components, which tells no lines.
func moreLiving(s facts) (verdict, bool) {
	growing := growingKinds(s.Last().Goroutines)
	if len(growing) == 0 {
		return verdict{}, false
	}
	worst := slices.MaxFunc(growing, func(x, y livingGrowth) int { return cmp.Compare(x.after.Value, y.after.Value) })
	return verdict{
		state: present, severity: severe(worst.perSecond() >= componentsCritical),
		title: fmt.Sprintf("%s %ss live, %s more per second: more are built than are shut down", shown(worst.after), worst.kind, short(worst.perSecond())),
		evidence: map[string]float64{
			"living": worst.after.Value, "not_shut_down": worst.after.Value - worst.before.Value, "per_second": worst.perSecond(), "seconds": worst.per.Seconds(),
		},
		since:  s.Last().Goroutines.Readings[0].At,
		advice: buildOnce(worst.kind),
	}, true
}

// idleProcessors finds that far more batch processors live than had spans: those of tenants that
// are idle for long, or that were forgotten before otwatch attached. Nothing in the process tells
// these apart while their number does not grow, so it is an info.
func idleProcessors(s facts) (verdict, bool) {
	const kind = "batch span processor"
	last, read := lastReading(s.Last().Goroutines)
	observed := exportsObserved(s.Total)
	if !read || s.Total.Elapsed < idleFor || observed < idleDelays*longestDelay(s.Total) || !mostSampled(s.Total) {
		return verdict{}, false
	}
	living, used := analyzer.LivingAt(last, kind), usedProcessors(s.Total)
	idle := living.Low - float64(used)
	if idle < fewestIdle*float64(max(1, used)) {
		return verdict{}, false
	}
	evidence := map[string]float64{"living": living.Value, "not_shut_down": idle, "used": float64(used), "seconds": observed.Seconds()}
	if queues := queueBytes(s.Total) * idle; queues > 0 {
		evidence["queue_bytes"] = queues
	}
	return verdict{
		state: present, severity: report.Info,
		title: fmt.Sprintf("%s %ss live, and %d of them had a sampled span while observed, in %.0f s: the others are idle, or were forgotten before otwatch attached",
			shown(living), kind, used, observed.Seconds()),
		evidence: evidence,
		advice: append([]report.Advice{code("find out what the others belong to: those of tenants or backends that are still in use may be idle. " +
			"If nothing uses them, they were forgotten")}, buildOnce(kind)...),
	}, true
}

// exportsObserved is how long exports of spans were observed; 0 if that is not known.
func exportsObserved(s snapshot.Snapshot) time.Duration {
	if s.Stretches.Unobserved == 0 && report.Gaps(s.Gaps).Has("export") {
		return 0
	}
	return s.Elapsed - s.Stretches.Unobserved
}

// longestDelay is the longest schedule delay of the batch processors.
func longestDelay(s snapshot.Snapshot) time.Duration {
	delay := usualDelay
	for _, p := range snapshot.Batching(s.Processors) {
		delay = max(delay, p.Settings.BatchTimeout)
	}
	return delay
}

// mostSampled reports whether windows show that most spans are recorded and sampled.
func mostSampled(s snapshot.Snapshot) bool {
	starts, recorded := s.CallsOf("start"), s.CallsOf("recording")
	sampled := recorded - min(recorded, s.CallsOf("unsampled"))
	return starts >= fewestStarts && estimate.Ratio(sampled, starts) >= mostRecorded
}

// usedProcessors is how many batch processors had spans while exports were observed, at most.
func usedProcessors(s snapshot.Snapshot) uint64 {
	used := min(s.Others.Processors, s.Others.Spans)
	for _, p := range snapshot.Batching(s.Processors) {
		if p.Exported+p.Failed+p.Unseen+p.Dropped() > 0 || p.Before.Held()+p.After.Held() > 0 {
			used++
		}
	}
	return used
}

// queueBytes is what the shortest of the queues takes, empty; 0 if none is known.
func queueBytes(s snapshot.Snapshot) float64 {
	var least uint64
	for _, p := range snapshot.Batching(s.Processors) {
		if size := p.Settings.MaxQueueSize; least == 0 || size < least {
			least = size
		}
	}
	return float64(whatif.QueueMemory(snapshot.Settings{MaxQueueSize: least}, 0))
}

func buildOnce(kind string) []report.Advice {
	return []report.Advice{code(fmt.Sprintf("build the %s once, at the program's start, and pass it on; where a new one is needed, as for a reload, call Shutdown on the old one: "+
		"until then its goroutine, queue and connection stay", providerOf[kind]))}
}

// countOf is a number of components; at least so many, if not all were seen or tracked.
func countOf(n uint64, kind string, b snapshot.Building) string {
	text := humanize.Comma(int64(n)) + " " + english.PluralWord(int(n), kind, "")
	if !b.Exact() {
		text = "at least " + text
	}
	return text
}

// leakingComponents are the sites whose components are not shut down, those with the most
// first.
func leakingComponents(b snapshot.Building) []snapshot.BuildSite {
	leaking := slices.DeleteFunc(slices.Clone(b.Sites), func(s snapshot.BuildSite) bool {
		return !slices.Contains(ownGoroutine, s.Kind) || !keepsBuilding(s) || !b.Whole && estimate.Ratio(s.Stopped, s.Built) > fewStopped
	})
	slices.SortStableFunc(leaking, func(x, y snapshot.BuildSite) int { return int(y.Living()) - int(x.Living()) })
	return leaking
}

// keepsBuilding reports whether a site builds ever more components.
func keepsBuilding(s snapshot.BuildSite) bool {
	if s.Living() < minLiving || s.First-s.Last < minBuilding || estimate.Ratio(s.Later, s.All()) < laterShare {
		return false
	}
	usual := (s.Growing - s.Still) / time.Duration(s.All())
	return s.Still <= max(minBreak, breakGaps*usual)
}

// growthOf is how many of a site's components come each second, while that is observed. Those
// that were not tracked are taken to be shut down as often as the others.
func growthOf(s snapshot.BuildSite) float64 {
	if s.Growing <= 0 {
		return 0
	}
	return estimate.Ratio(s.Living(), s.Built) * float64(s.All()) / s.Growing.Seconds()
}

// providersBeside is how many providers the function has built, and not shut down, that has
// built a component; 0 if they are far fewer.
func providersBeside(s snapshot.BuildSite, b snapshot.Building) (providers uint64) {
	for _, p := range b.Sites {
		if p.Kind == providerOf[s.Kind] && p.Site.Function == s.Site.Function {
			providers += p.Built - p.Stopped
		}
	}
	if providers < s.Living()/2 {
		return 0
	}
	return providers
}

// placeOf is the line that builds a component, and the program's own code that called it or,
// of a line of its own, the function's caller.
func placeOf(s snapshot.BuildSite) string {
	at := s.Site.String()
	if by := s.Own; by.Function != "" {
		return at + ", called by " + by.String()
	}
	if s.Caller.Function != "" {
		return at + ", called by " + s.Caller.String()
	}
	return at
}
