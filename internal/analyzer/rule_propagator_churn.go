package analyzer

import (
	"fmt"
	"slices"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	churnShare   = 0.005 // of the CPU samples
	churnClears  = 0.002
	churnSamples = 5
)

// constructors are what a program should call once, when it starts.
var constructors = []struct {
	pkg   string
	names []string
}{
	{otel + "/propagation", []string{"NewCompositeTextMapPropagator"}},
	{sdk, []string{"NewTracerProvider", "(*TracerProvider).Tracer", "NewBatchSpanProcessor", "NewSimpleSpanProcessor"}},
	{otel + "/sdk/resource", []string{"New", "Detect"}},
	{otlp, []string{"New", "NewUnstarted"}},
}

var propagatorChurn = diagnosis{
	id: "propagator-churn", category: "CPU",
	says:   "propagators, tracers or providers are built per request",
	when:   "0.5 % of the CPU samples, and at least five, are in the constructor of a propagator, tracer or provider",
	clears: "fewer than 0.2 % of the samples are",
	needs:  needsSamples,
	judge:  judgePropagatorChurn,
}

func judgePropagatorChurn(s seen) ruling {
	if s.census.kept < minCostSamples {
		return ruling{}
	}
	built := total(s.census.builders)
	share := s.census.share(built)
	switch {
	case share < churnClears:
		return ruling{state: healthy}
	case share < churnShare || built < churnSamples:
		return ruling{}
	}
	return ruling{
		state: sick, severity: report.Warning,
		title:    fmt.Sprintf("%.2g %% of the CPU goes into building what is needed once, mostly in %s", 100*share, most(s.census.builders)),
		evidence: map[string]float64{"share": share, "samples": float64(built)},
		advice:   []report.Advice{code("build providers, propagators and tracers once, in main or a package variable, and keep them")},
	}
}

// builderOf is the outermost constructor in a stack, "" for none.
func builderOf(frames []*snapshot.Frame) string {
	for _, frame := range slices.Backward(frames) {
		if builder := constructor(frame.Function); builder != "" {
			return builder
		}
	}
	return ""
}

// constructor is the name of the constructor that a function is, without type
// parameters, "" if it is none. Constructors are known by their very names: a closure
// of one may be the goroutine that it started, which works ever after.
func constructor(name string) string {
	f := parseFunction(name)
	for _, c := range constructors {
		if f.in(c.pkg) && slices.Contains(c.names, f.local) {
			return f.pkg + "." + f.local
		}
	}
	return ""
}
