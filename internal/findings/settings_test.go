package findings

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestNoAdviceThatIsSet has tiny batches of a processor with the batch size that would be
// advised: only the delay is.
func TestNoAdviceThatIsSet(t *testing.T) {
	tiny := func(delay time.Duration) change {
		return func(s *snapshot.Snapshot) {
			e := &s.Exports[0]
			e.Operations, e.Spans, e.Exported, e.MaxBatch = 6, 54, 54, 9
			s.Processors[0].Settings = snapshot.Settings{MaxQueueSize: 2048, MaxExportBatchSize: 512, BatchTimeout: delay, ExportTimeout: time.Minute}
		}
	}
	got := judged(report.Limits{}, steadily(tiny(time.Second))...).Findings
	if len(got) != 1 || len(got[0].Advice) != 1 {
		t.Fatalf("%+v, want one finding with one piece of advice", got)
	}
	if diff := cmp.Diff(map[string]string{"OTEL_BSP_SCHEDULE_DELAY": "5000"}, got[0].Advice[0].Env); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestWithoutSet(t *testing.T) {
	five := snapshot.Processor{Settings: snapshot.Settings{MaxQueueSize: 5}}
	six := snapshot.Processor{Settings: snapshot.Settings{MaxQueueSize: 6}}
	queue := setting("queue", "OTEL_BSP_MAX_QUEUE_SIZE", "5")
	tests := []struct {
		name       string
		processors []snapshot.Processor
		kept       bool
	}{
		{"set", []snapshot.Processor{five}, false},
		{"set of all, but for a processor without a queue", []snapshot.Processor{five, {Simple: true}}, false},
		{"set of one", []snapshot.Processor{five, six}, true},
		{"not set", []snapshot.Processor{six}, true},
		{"not known", nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			advice := []report.Advice{queue, code("change the program"), setting("not in memory", "OTEL_TRACES_SAMPLER", "5")}
			want := advice
			if !test.kept {
				want = advice[1:]
			}
			if diff := cmp.Diff(want, withoutSet(advice, test.processors)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
