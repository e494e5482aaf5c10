package findings

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

const (
	readerShare  = 0.05 // of the CPU that metric readers take, at the lower bound, and
	readerCores  = 0.01 // of a core
	readerClears = 0.02 // of the CPU
)

var metricsCost = rule{
	id: "metrics-cost", category: "CPU",
	says:   "collecting and exporting metrics takes much of the CPU",
	when:   "collecting and exporting metrics takes more than 5 % of the CPU and 1 % of a core within a minute",
	clears: "it takes less than 2 % of the CPU",
	needs:  needsSamples,
	judge:  judgeMetricsCost,
}

// judgeMetricsCost uses the whole Past: by default, a metric reader collects once in 60 s.
func judgeMetricsCost(s facts) verdict {
	share := s.allCounts.ReadersShare()
	switch {
	case s.allCounts.Samples < minCostSamples:
		return verdict{}
	case share.Value < readerClears:
		return verdict{state: absent}
	case share.Low <= readerShare || share.Value*s.cores() < readerCores:
		return verdict{}
	}
	return verdict{
		state: present, severity: report.Warning,
		title:    fmt.Sprintf("collecting and exporting metrics takes %s of the CPU", estimate.Percent(share.Value)),
		evidence: map[string]float64{"share": share.Value, "low": share.Low, "high": share.High, "samples": float64(s.allCounts.Samples)},
		advice: []report.Advice{
			code("collect or scrape less often, and switch exemplars off where nothing reads them (OTEL_METRICS_EXEMPLAR_FILTER=always_off)"),
			code("have fewer attribute sets: drop attributes that nobody queries, by a view (metric.NewView with an AttributeFilter), and remove instruments that nobody uses"),
		},
	}
}
