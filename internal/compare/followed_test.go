package compare

import (
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

func TestIgnored(t *testing.T) {
	after := report.Report{
		Processors: []report.Processor{{Settings: &report.Settings{MaxQueueSize: 4096, BatchTimeoutMS: 200}}},
		Spans:      report.Spans{Started: estimate.Counted(10_000), Sampled: estimate.Counted(130)},
	}
	tests := []struct {
		name string
		env  map[string]string
		want bool
	}{
		{"code", nil, false},
		{"a setting that shows nowhere", map[string]string{"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}, false},
		{"the queue", map[string]string{"OTEL_BSP_MAX_QUEUE_SIZE": "4096", "OTEL_BSP_SCHEDULE_DELAY": "200"}, false},
		{"another queue", map[string]string{"OTEL_BSP_MAX_QUEUE_SIZE": "8192", "OTEL_BSP_SCHEDULE_DELAY": "200"}, true},
		{"about the ratio", map[string]string{"OTEL_TRACES_SAMPLER_ARG": "0.01"}, false},
		{"another ratio", map[string]string{"OTEL_TRACES_SAMPLER_ARG": "0.1"}, true},
	}
	for _, test := range tests {
		if got := ignored(report.Advice{Env: test.env}, after); got != test.want {
			t.Errorf("%s: ignored %v, want %v", test.name, got, test.want)
		}
		if ignored(report.Advice{Env: test.env}, report.Report{}) {
			t.Errorf("%s: said to be ignored by a report that does not tell", test.name)
		}
	}
}
