package findings

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/whatif"
)

const (
	// leastRatio is the lowest sampling ratio that is advised.
	leastRatio = 0.01
	// readForRatios is how many spans must have been read for ratios by name.
	readForRatios = 100
	// listedRatios is how many names an advice lists at most.
	listedRatios = 5
)

// forecastSampling is the sampling ratio with which tracing meets the target share of the
// CPU, for all traces alike and by name. If requests have very many spans, or if the ratio would
// be below leastRatio, the lever is the spans of a request.
func forecastSampling(s facts) []report.Advice {
	spans := spansPerRequest(s.Names)
	if spans != nil && spans.Low > flooding {
		return s.fewerSpans(s.Names, *spans)
	}
	sampling := whatif.Sampling{Share: *s.cost.CPU.Tracing.Share, Ratio: 1}
	if sampled, started := s.cost.Spans.Sampled, s.cost.Spans.Started; sampled != nil && started != nil && started.Value > 0 {
		sampling.Ratio = min(1, sampled.Value/started.Value)
	}
	sampling.Unsampled = whatif.Unsampled(starting(s.cost.CPU.Stages), sampling.Share.Value, sampling.Ratio)
	ratio, err := sampling.RatioFor(s.limits.Target)
	switch {
	case errors.Is(err, whatif.ErrUnreachable):
		return append(sampleAt(sampling, leastRatio), code("start fewer spans: "+err.Error()))
	case err != nil:
		return nil
	case ratio.Value < leastRatio:
		return append(startFewer(s, spans), sampleAt(sampling, leastRatio)...)
	}
	advice := sampleAt(sampling, roundDown(ratio.Value))
	if len(advice) == 0 {
		return nil
	}
	return append(advice, sampleByName(s.sampled.Names, ratio.Value, advice[0].Expected)...)
}

// startFewer is the advice to start fewer spans, with the names that requests have most of.
func startFewer(s facts, spans *estimate.Estimate) []report.Advice {
	const title = "start fewer spans: no sampling ratio that leaves traces to look at meets the target"
	if spans == nil {
		return []report.Advice{code(title)}
	}
	busiest := analyzer.Busiest(s.Names.List)
	busiest = busiest[:min(len(busiest), floodListed)]
	return append([]report.Advice{code(fmt.Sprintf("%s; a request has %s: %s", title, short(spans.Value), listed(busiest, s.Names, *spans)))},
		s.fewerSpans(s.Names, *spans)...)
}

// starting is the share of the CPU that starting spans takes, for spans that are not
// sampled too.
func starting(stages map[string]report.Portion) estimate.Estimate {
	sum := &estimate.Estimate{}
	for _, stage := range []string{classify.StageCreate, classify.StageSampling, classify.StagePropagation} {
		if e := stages[stage].Share; e != nil {
			sum = e.Plus(*sum)
		}
	}
	return *sum
}

// sampleAt advises a ratio, unless fewer spans are sampled already.
func sampleAt(sampling whatif.Sampling, round float64) []report.Advice {
	share, err := sampling.ShareAt(round)
	if err != nil || round >= sampling.Ratio {
		return nil
	}
	a := setting(fmt.Sprintf("sample %.3g %% of the traces: tracing then takes about %s of the CPU", 100*round, estimate.Percent(share.Value)),
		"OTEL_TRACES_SAMPLER", "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG", fmt.Sprintf("%.2g", round))
	a.Expected = map[string]float64{"cpu.tracing.share": share.Value}
	return []report.Advice{a}
}

// sampleByName advises ratios for the few names that make up most of the traces, so that
// all rare traces are kept at the same volume.
func sampleByName(names snapshot.Names, overall float64, expected map[string]float64) []report.Advice {
	ratios := whatif.RatiosByName(rootVolumes(names), overall)
	tiny := func(r whatif.NameRatio) bool { return r.Ratio < leastRatio }
	if len(ratios) == 0 || len(ratios) > listedRatios || keptWhole(names, ratios) == 0 || slices.ContainsFunc(ratios, tiny) {
		return nil
	}
	var listed []string
	for _, r := range ratios {
		listed = append(listed, fmt.Sprintf("%.3g %% of %q", 100*roundDown(r.Ratio), r.Name))
	}
	a := code(fmt.Sprintf("or keep all rare traces: sample %s, and all others; this needs a sampler that decides by the root span's name, such as go.opentelemetry.io/contrib/samplers/jaegerremote",
		strings.Join(listed, ", ")))
	a.Expected = expected
	return []report.Advice{a}
}

// rootVolumes are the shares of the traces by the name of the root span. Traces are taken
// to have equally many spans, since a span that is read does not hold its root's name. It
// is nil if too few spans were read.
func rootVolumes(names snapshot.Names) []whatif.NameVolume {
	total := names.Total()
	if total.Read < readForRatios || total.LocalRoots == 0 {
		return nil
	}
	var volumes []whatif.NameVolume
	for _, n := range names.List {
		if n.LocalRoots > 0 {
			volumes = append(volumes, whatif.NameVolume{Scope: n.Scope, Name: n.Name, Share: estimate.Ratio(n.LocalRoots, total.LocalRoots)})
		}
	}
	return volumes
}

// keptWhole is how many traces have none of the names that are sampled.
func keptWhole(names snapshot.Names, thinned []whatif.NameRatio) uint64 {
	left := names.Total().LocalRoots
	for _, n := range names.List {
		for _, t := range thinned {
			if t.Name == n.Name && t.Scope == n.Scope {
				left -= n.LocalRoots
			}
		}
	}
	return left
}

// roundDown keeps two digits: 0.378 is 0.37.
func roundDown(ratio float64) float64 {
	digit := math.Pow(10, math.Floor(math.Log10(ratio))-1)
	return math.Floor(ratio/digit+1e-9) * digit
}
