package findings

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

const (
	churnShare   = 0.005 // of the CPU samples
	churnClears  = 0.002
	churnSamples = 5
)

var propagatorChurn = rule{
	id: "propagator-churn", category: "CPU",
	says:   "propagators, tracers or providers are built per request",
	when:   "0.5 % of the CPU samples, and at least five, are in the constructor of a propagator, tracer or provider",
	clears: "fewer than 0.2 % of the samples are",
	needs:  needsSamples,
	judge:  judgePropagatorChurn,
}

func judgePropagatorChurn(s facts) verdict {
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
