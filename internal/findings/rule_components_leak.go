package findings

import (
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
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
	// componentsCritical is how many each second, with their goroutines, are critical.
	componentsCritical = 5
)

var componentsLeak = rule{
	id: "components-leak", category: "Memory",
	says: "processors, readers or providers are built again and again and not shut down: each keeps its goroutine, queue and connection",
	when: "one line has built at least 8 batch processors or periodic metric readers over 15 s or longer that were not shut down, a third of them in the later half of the time, and still does. " +
		"Critical from 5 a second on",
	clears: "none has been built for 20 s and for five times the usual time between two, or they are shut down",
	needs:  "the building of components was not observed",
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
	if b.Observed == 0 {
		return verdict{}
	}
	leaking := leakingComponents(b)
	if len(leaking) == 0 {
		return verdict{state: absent}
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
	return verdict{
		state: present, severity: severe(perSecond >= componentsCritical), title: title,
		evidence: map[string]float64{
			"not_shut_down": float64(all), "at_site": float64(living), "per_second": perSecond,
			"built": float64(worst.Built), "shut_down": float64(worst.Stopped), "seconds": worst.First.Seconds(), "sites": float64(len(leaking)),
		},
		since: s.Last().Start.Add(s.Last().Elapsed - worst.First),
		advice: []report.Advice{code(fmt.Sprintf("build the %s once, at the program's start, and pass it on; where a new one is needed, as for a reload, call Shutdown on the old one: "+
			"until then its goroutine, queue and connection stay", providerOf[worst.Kind]))},
	}
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
