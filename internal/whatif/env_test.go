package whatif

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestEnv(t *testing.T) {
	from := settings(2048, 512, 200*time.Millisecond)
	tests := []struct {
		name string
		to   snapshot.Settings
		want map[string]string
	}{
		{"nothing changes", from, map[string]string{}},
		{"the queue", settings(4096, 512, 200*time.Millisecond), map[string]string{"OTEL_BSP_MAX_QUEUE_SIZE": "4096"}},
		{"all", settings(4096, 1024, 5*time.Second), map[string]string{
			"OTEL_BSP_MAX_QUEUE_SIZE": "4096", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1024", "OTEL_BSP_SCHEDULE_DELAY": "5000"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Env(from, test.to)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
