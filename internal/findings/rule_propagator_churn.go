package findings

import (
	"fmt"
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	churnShare   = 0.005 // of the CPU samples
	churnClears  = 0.002
	churnSamples = 5
	// churnPerSecond is how often one line must build instrumentation: connections that are
	// made again now and then build it less often.
	churnPerSecond = 1
	// churnPerSpan is how many of them there must be for each span that ends: those of a
	// program that serves requests come with the requests.
	churnPerSpan = 0.01
)

var propagatorChurn = rule{
	id: "propagator-churn", category: "CPU",
	says: "propagators, tracers, providers, or handlers and transports of otelhttp and otelgrpc, are built per request",
	when: "0.5 % of the CPU samples, and at least five, are in the constructor of a propagator, tracer or provider; " +
		"or one line has built at least 50 handlers, transports or interceptors of otelhttp or otelgrpc over 15 s or longer, a third of them in the second half of that time, and still builds at least one per second and one per 100 spans that end",
	clears: "fewer than 0.2 % of the samples are in such a constructor, and none has been built for 20 s and for five times the usual time between two",
	needs:  needsSamples,
	judge:  judgePropagatorChurn,
}

func judgePropagatorChurn(s facts) verdict {
	if site, ok := s.churningInstrumentation(); ok {
		return s.instrumentationVerdict(site)
	}
	if s.sampled.Counts.Samples < minCostSamples {
		return verdict{}
	}
	built := s.sampled.Counts.Constructors.Total()
	share := s.sampled.Counts.Share(built)
	switch {
	case share < churnClears:
		return verdict{state: absent}
	case share < churnShare || built < churnSamples:
		return verdict{}
	}
	return verdict{
		state: present, severity: report.Warning,
		title:    fmt.Sprintf("%s of the CPU goes into building objects that are needed only once, mostly in %s", estimate.Percent(share), s.sampled.Counts.Constructors.Most()),
		evidence: map[string]float64{"share": share, "samples": float64(built)},
		advice:   []report.Advice{code("build providers, propagators and tracers once, in main or a package variable, and keep them")},
	}
}

// churningInstrumentation is the line that builds most instrumentation, as requests come. ok is
// false if there is none, or if what it creates piles up: that is the finding scope-churn.
func (s facts) churningInstrumentation() (snapshot.BuildSite, bool) {
	last := s.Last()
	spans := s.spansPerSecond()
	if _, piling := pilingInstruments(last.Building, last.Target.SDKVersion); piling || spans == 0 {
		return snapshot.BuildSite{}, false
	}
	return mostGrowing(last.Building, func(site snapshot.BuildSite) bool {
		return isInstrumentation(site.Kind) && growthOf(site) >= max(churnPerSecond, churnPerSpan*spans)
	})
}

// isInstrumentation reports whether a kind is the constructor of an instrumentation, as in
// otelhttp.NewTransport.
func isInstrumentation(kind string) bool { return strings.Contains(kind, ".") }

// spansPerSecond is how many spans end lately, or start; 0 if neither is known.
func (s facts) spansPerSecond() float64 {
	spans := s.figures.Spans.Ended
	if spans == nil {
		spans = s.figures.Spans.Started
	}
	if spans == nil {
		return 0
	}
	return spans.Value / s.seconds()
}

func (s facts) instrumentationVerdict(site snapshot.BuildSite) verdict {
	last := s.Last()
	perSecond := growthOf(site)
	perSpan := perSecond / s.spansPerSecond()
	return verdict{
		state: present, severity: report.Warning,
		title: fmt.Sprintf("%s is called %s times per second, %s per span, at %s", site.Kind, short(perSecond), short(perSpan), placeOf(site)),
		evidence: map[string]float64{
			"calls": float64(site.Built), "per_second": perSecond, "per_span": perSpan, "seconds": site.First.Seconds(),
		},
		since: last.Start.Add(last.Elapsed - min(site.First, 24*time.Hour)),
		advice: []report.Advice{code(fmt.Sprintf("call %s once, when the program starts, and keep what it returns, with the client, server or connection that uses it: "+
			"each call looks up a tracer and propagators and creates instruments", site.Kind))},
	}
}
