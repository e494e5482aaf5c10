package checklist

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// exemplary is a report that passes wherever a report can tell.
func exemplary() report.Report {
	peak, capacity, retried, p99, mean := uint64(300), uint64(2048), uint64(2), 20.0, 500.0
	return report.Report{
		Window: report.Window{Seconds: 120},
		CPU:    report.CPU{Stages: map[string]report.Portion{"compress": {Share: estimate.Proportion(0.01, 10000)}}},
		Spans: report.Spans{Started: estimate.Counted(1_000_000), Sampled: estimate.Counted(50_000), Ended: estimate.Counted(50_000),
			Dropped: estimate.Counted(0), Failed: estimate.Counted(0)},
		Queue:      report.Queue{Peak: &peak, Capacity: &capacity},
		Processors: []report.Processor{{Name: "batching_span_processor/0", Kind: "batch", Settings: &report.Settings{ExportTimeoutMS: 30000}}},
		Export:     report.Export{Operations: 100, Retried: &retried, DurationMS: report.Quantiles{P99: &p99}, Batch: report.Batch{Mean: &mean}},
	}
}

func verdictsOf(r report.Report) map[string]string {
	verdict := map[string]string{}
	for _, c := range Of(r).Checks {
		verdict[c.ID] = c.Verdict
	}
	return verdict
}

func TestChecklist(t *testing.T) {
	ten := uint64(10)
	good := map[string]string{"sampling": Pass, "batching": Pass, "queue": Pass, "connection": Pass, "compression": Pass,
		"cardinality": Pass, "monitoring": Unknown, "load": Pass, "degradation": Pass, "configuration": Unknown}
	tests := []struct {
		name   string
		change func(*report.Report)
		want   map[string]string // what differs from good
	}{
		{"exemplary", func(*report.Report) {}, nil},
		{"all sampled", func(r *report.Report) { r.Spans.Sampled = r.Spans.Started }, map[string]string{"sampling": Fail}},
		{"sampling not known", func(r *report.Report) { r.Spans.Sampled = nil }, map[string]string{"sampling": Unknown}},
		{"synchronous", func(r *report.Report) { r.Processors[0].Kind = "simple" }, map[string]string{"batching": Fail}},
		{"drops", func(r *report.Report) { r.Spans.Dropped = estimate.Counted(1) }, map[string]string{"queue": Fail, "load": Fail, "degradation": Fail}},
		{"queue too small", func(r *report.Report) { r.Queue.Capacity = &ten }, map[string]string{"queue": Fail}},
		{"exports near their timeout", func(r *report.Report) { *r.Export.DurationMS.P99 = 29000 }, map[string]string{"queue": Fail}},
		{"exports fail", func(r *report.Report) { r.Export.Failed = 1 }, map[string]string{"connection": Fail}},
		{"nothing exported", func(r *report.Report) { r.Export.Operations = 0 }, map[string]string{"connection": Unknown}},
		{"sent uncompressed", func(r *report.Report) {
			r.Export.Bytes, r.Export.Compression = &ten, &report.Compression{SentBytes: 10}
		},
			map[string]string{"compression": Fail}},
		{"sent compressed, and no compressing seen", func(r *report.Report) {
			r.CPU.Stages, r.Export.Bytes, r.Export.Compression = nil, &ten, &report.Compression{On: true, SentBytes: 2}
		}, nil},
		{"no compressing seen", func(r *report.Report) { r.CPU.Stages = nil }, map[string]string{"compression": Unknown}},
		{"short", func(r *report.Report) { r.Window.Seconds = 5 }, map[string]string{"load": Unknown}},
		{"blocking", func(r *report.Report) { r.Processors[0].Settings.Blocking = true }, map[string]string{"degradation": Fail}},
		{"receiver never away", func(r *report.Report) { r.Export.Retried = nil }, map[string]string{"degradation": Unknown}},
		{"names not read", func(r *report.Report) { r.Missing = []snapshot.Missing{{What: "names"}} }, map[string]string{"cardinality": Unknown}},
		{"a new value in most spans", func(r *report.Report) {
			r.Attributes = []report.Attribute{{Key: "id", Distinct: 99, New: estimate.New(100, 98)}}
		}, map[string]string{"cardinality": Fail}},
		{"attributes not read", func(r *report.Report) { r.Missing = []snapshot.Missing{{What: "attributes"}} }, map[string]string{"cardinality": Unknown}},
		{"exports not counted", func(r *report.Report) { r.Missing = []snapshot.Missing{{What: "export"}} }, map[string]string{"connection": Unknown}},
		{"nothing in the environment", func(r *report.Report) { r.Target.Configured = []string{} }, map[string]string{"monitoring": Fail, "configuration": Fail}},
		{"all in the environment", func(r *report.Report) {
			r.Target.Configured = []string{"OTEL_BSP_SCHEDULE_DELAY", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_GO_X_OBSERVABILITY", "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER"}
		}, map[string]string{"monitoring": Pass, "configuration": Pass}},
		{"a setting that Go's SDK ignores", func(r *report.Report) {
			r.Target.Configured = []string{"OTEL_BSP_SCHEDULE_DELAY", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_GO_X_OBSERVABILITY", "OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER"}
		}, map[string]string{"monitoring": Pass, "configuration": Fail}},
		{"otwatch sends metrics", func(r *report.Report) { r.Probe.Exporting = true }, map[string]string{"monitoring": Pass}},
		{"too few names read", func(r *report.Report) { r.Missing = []snapshot.Missing{{What: "findings.high-cardinality"}} }, map[string]string{"cardinality": Unknown}},
		{"finding", func(r *report.Report) { r.Findings = []report.Finding{{ID: "uncompressed"}} }, map[string]string{"compression": Fail}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := map[string]string{}
			for id, verdict := range good {
				want[id] = verdict
			}
			for id, verdict := range test.want {
				want[id] = verdict
			}
			r := exemplary()
			test.change(&r)
			if diff := cmp.Diff(want, verdictsOf(r)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestChecklistOfNothing passes nothing, and says why of each.
func TestChecklistOfNothing(t *testing.T) {
	list := Of(analyzer.Analyze(snapshot.Snapshot{}))
	if len(list.Checks) != 10 || len(list.Bottlenecks) != 7 {
		t.Errorf("%d checks and %d bottlenecks, want 10 and 7", len(list.Checks), len(list.Bottlenecks))
	}
	for _, c := range list.Checks {
		if c.Verdict != Unknown || c.Evidence == "" {
			t.Errorf("%s: %s, %q; want that it is unknown, and why", c.ID, c.Verdict, c.Evidence)
		}
	}
}

func TestBottlenecks(t *testing.T) {
	r := report.Report{Findings: []report.Finding{{ID: "attribute-cost", Category: "CPU/Memory"}}}
	for _, b := range Of(r).Bottlenecks {
		want := Clear
		if b.Category == "CPU" || b.Category == "Memory" {
			want = Limited
		}
		if b.State != want {
			t.Errorf("%s: %s, want %s", b.Category, b.State, want)
		}
	}
}

// TestBottlenecksNotJudged claims nothing of a category of which one finding was
// not judged.
func TestBottlenecksNotJudged(t *testing.T) {
	r := exemplary()
	r.Missing = []snapshot.Missing{{What: "findings.memory-growth"}, {What: "findings.sampling-high"}}
	r.Findings = []report.Finding{{ID: "hot-path", Category: "CPU"}}
	want := map[string]string{"CPU": Limited, "Memory": Unknown, "Sampling": Unknown, "Queue": Clear}
	for _, b := range Of(r).Bottlenecks {
		if state, told := want[b.Category]; told && b.State != state {
			t.Errorf("%s is %s, want %s", b.Category, b.State, state)
		}
	}
}

func TestLasting(t *testing.T) {
	for ms, want := range map[float64]string{0.4994: "499 µs", 20: "20 ms", 2500: "2.5 s", 30_000: "30 s"} {
		if got := lasting(ms); got != want {
			t.Errorf("%v ms: %q, want %q", ms, got, want)
		}
	}
}
