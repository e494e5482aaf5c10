package target

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfigured(t *testing.T) {
	got := configured([]string{"PATH=/bin", "OTEL_TRACES_SAMPLER=always_on", "OTEL_BSP_SCHEDULE_DELAY=", "OTEL_GO_X_OBSERVABILITY=False",
		"OTEL_EXPORTER_OTLP_HEADERS=api-key=secret", "OTEL_TRACES_SAMPLER=again"})
	if diff := cmp.Diff([]string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_TRACES_SAMPLER"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if configured(nil) == nil {
		t.Error("an empty environment is not one that cannot be read")
	}
}
