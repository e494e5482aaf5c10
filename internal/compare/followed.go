package compare

import (
	"strconv"

	"github.com/otwatch/otwatch/internal/report"
)

// settings are the environment variables of an advice whose values a report shows: the
// function reports whether the program runs with the value.
var settings = map[string]func(value float64, r report.Report) bool{
	"OTEL_BSP_MAX_QUEUE_SIZE": anyProcessor(func(s report.Settings) float64 { return float64(s.MaxQueueSize) }),
	"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": anyProcessor(func(s report.Settings) float64 {
		return float64(s.MaxExportBatchSize)
	}),
	"OTEL_BSP_SCHEDULE_DELAY": anyProcessor(func(s report.Settings) float64 { return float64(s.BatchTimeoutMS) }),
	"OTEL_TRACES_SAMPLER_ARG": sampled,
}

func anyProcessor(of func(report.Settings) float64) func(float64, report.Report) bool {
	return func(value float64, r report.Report) bool {
		known := false
		for _, p := range r.Processors {
			if p.Settings != nil && of(*p.Settings) == value {
				return true
			}
			known = known || p.Settings != nil
		}
		return !known
	}
}

// sampled accepts half and twice the ratio: which traces are sampled is random, and
// parents in other processes decide too.
func sampled(ratio float64, r report.Report) bool {
	some, all := r.Spans.Sampled, r.Spans.Started
	if some == nil || all == nil || all.Low <= 0 {
		return true // not known
	}
	return some.Low/all.High <= 2*ratio && some.High/all.Low >= ratio/2
}

// ignored reports whether a report shows other settings than an advice has.
func ignored(a report.Advice, r report.Report) bool {
	for name, text := range a.Env {
		value, err := strconv.ParseFloat(text, 64)
		if runsWith, told := settings[name]; told && err == nil && !runsWith(value, r) {
			return true
		}
	}
	return false
}
