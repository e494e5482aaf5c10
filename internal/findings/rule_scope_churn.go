package findings

import (
	"fmt"
	"go/version"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// minScopes is how many tracers or instruments one line must create. A program that gives
	// one to each of its packages, or of its clients, has created them at its start.
	minScopes = 50
	// scopesPerProvider is how many more tracers than providers there must be: a provider that
	// is new has no tracer yet.
	scopesPerProvider = 4
	// instrumentsOnce is the first version whose API keeps identical instruments once. Source:
	// opentelemetry-go#5754.
	instrumentsOnce = "v1.30.0"
	// delegated is the share of the API's instruments that the SDK makes if a MeterProvider is
	// set.
	delegated = 0.5
)

var scopeChurn = rule{
	id: "scope-churn", category: "Memory",
	says: "tracers with new names, or instruments, are created without end: the SDK or API keeps each of them for good",
	when: "one line has created at least 50 tracers over 15 s or longer that their provider did not have yet, a third of them in the second half of that time, and still does; " +
		"or 50 instruments, if the API is older than v1.30 and no MeterProvider is set. Where this was not observed: among the last 1,000 to 2,000 spans whose names were read, the 20 busiest tracers have less than half, and the 20 busiest span names 60 % or more",
	clears: "none has been created for 20 s and for five times the usual time between two",
	needs:  "the creation of tracers was not observed",
	judge:  judgeScopeChurn,
}

func judgeScopeChurn(s facts) verdict {
	b := s.Last().Building
	if site, ok := newTracers(b); ok {
		return s.scopesVerdict(site, fixedTracerNames)
	}
	if site, ok := pilingInstruments(b, s.Last().Target.SDKVersion); ok {
		return s.scopesVerdict(site, "create instruments once and keep them, and what creates them: handlers, interceptors and clients; or set a MeterProvider, or use v"+instrumentsOnce[1:]+
			" or later of go.opentelemetry.io/otel: earlier ones keep every instrument until a MeterProvider is set")
	}
	if b.Observed > 0 {
		return verdict{state: absent}
	}
	if s.manyNames() && tracersVary(s.Names.List) {
		return varyingTracers(s.Names)
	}
	return verdict{}
}

// newTracers is the line that creates ever more tracers. ok is false if there is none.
func newTracers(b snapshot.Building) (snapshot.BuildSite, bool) {
	providers := uint64(0)
	for _, s := range b.Sites {
		if s.Kind == "TracerProvider" {
			providers += s.Built
		}
	}
	site, ok := mostGrowing(b, ofKind(snapshot.Tracer))
	return site, ok && site.Built >= scopesPerProvider*providers
}

// pilingInstruments is the line that creates ever more instruments that the API keeps. ok is
// false if there is none.
func pilingInstruments(b snapshot.Building, sdk string) (snapshot.BuildSite, bool) {
	site, ok := mostGrowing(b, ofKind(snapshot.Instrument))
	made, total := uint64(0), uint64(0)
	for _, s := range b.Sites {
		switch s.Kind {
		case snapshot.SDKInstrument:
			made += s.Built
		case snapshot.Instrument:
			total += s.Built
		}
	}
	return site, ok && olderThan(sdk, instrumentsOnce) && estimate.Ratio(made, total) < delegated
}

// olderThan compares two versions of modules. Those of Go releases are ordered alike.
func olderThan(module, than string) bool {
	release := func(v string) string { return "go" + strings.TrimPrefix(v, "v") }
	return version.IsValid(release(module)) && version.Compare(release(module), release(than)) < 0
}

// ofKind has the lines that make one kind.
func ofKind(kind string) func(snapshot.BuildSite) bool {
	return func(s snapshot.BuildSite) bool { return s.Kind == kind }
}

// mostGrowing is the line that has made most, of those that are asked for, and still makes more.
// ok is false if there is none.
func mostGrowing(b snapshot.Building, asked func(snapshot.BuildSite) bool) (most snapshot.BuildSite, ok bool) {
	for _, s := range b.Sites {
		if asked(s) && s.Built >= minScopes && s.Built > most.Built && keepsBuilding(s) {
			most, ok = s, true
		}
	}
	return most, ok
}

func (s facts) scopesVerdict(site snapshot.BuildSite, advice string) verdict {
	last := s.Last()
	made := countOf(site.Built, site.Kind, last.Building)
	title := fmt.Sprintf("ever more %ss: %s created, %s per second, at %s", site.Kind, made, short(growthOf(site)), placeOf(site))
	evidence := map[string]float64{"created": float64(site.Built), "per_second": growthOf(site), "seconds": site.First.Seconds()}
	if names := s.spanNamesOf(site); names > 0 {
		title += fmt.Sprintf("; scopes vary, and their spans have %s", english.Plural(names, "name", ""))
		evidence["span_names"] = float64(names)
	}
	return verdict{
		state: present, severity: report.Warning, title: title, evidence: evidence,
		since:  last.Start.Add(last.Elapsed - min(site.First, 24*time.Hour)),
		advice: []report.Advice{code(advice)},
	}
}

// spanNamesOf is how many names the spans of tracers have, as far as they were read, if it is
// scopes that vary, and not those names; 0 if that is not known.
func (s facts) spanNamesOf(site snapshot.BuildSite) int {
	if site.Kind != snapshot.Tracer || !tracersVary(s.Names.List) {
		return 0
	}
	names, _ := busiest(s.Names.List, spanName)
	return names
}

// varyingTracers is the verdict that the names of tracers are without bound.
func varyingTracers(names snapshot.Names) verdict {
	tracers, share := busiest(names.List, tracerName)
	spanNames, _ := busiest(names.List, spanName)
	title := fmt.Sprintf("tracer names (instrumentation scopes) vary: %s tracers start spans of %s", humanize.Comma(int64(tracers)), english.Plural(spanNames, "name", ""))
	return verdict{
		state: present, severity: report.Warning, title: title,
		evidence: map[string]float64{"scopes": float64(tracers), "span_names": float64(spanNames), "busiest": fullList, "share": share, "spans": float64(names.Effective())},
		advice:   []report.Advice{code(fixedTracerNames)},
	}
}
