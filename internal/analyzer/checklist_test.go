package analyzer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// exemplary is a report that passes wherever a report can tell.
func exemplary() Report {
	peak, capacity, retried, p99, mean := uint64(300), uint64(2048), uint64(2), 20.0, 500.0
	return Report{
		Window: Window{Seconds: 120},
		CPU:    CPU{Stages: map[string]Portion{stageCompress: {Share: estimate.Proportion(0.01, 10000)}}},
		Spans: Spans{Started: estimate.Counted(1_000_000), Sampled: estimate.Counted(50_000), Ended: estimate.Counted(50_000),
			Dropped: estimate.Counted(0), Failed: estimate.Counted(0)},
		Queue:      Queue{Peak: &peak, Capacity: &capacity},
		Processors: []Processor{{Name: "batching_span_processor/0", Kind: "batch", Settings: &Settings{ExportTimeoutMS: 30000}}},
		Export:     Export{Operations: 100, Retried: &retried, DurationMS: Quantiles{P99: &p99}, Batch: Batch{Mean: &mean}},
	}
}

func verdictsOf(r Report) map[string]string {
	verdict := map[string]string{}
	for _, c := range r.Check().Checks {
		verdict[c.ID] = c.Verdict
	}
	return verdict
}

func TestChecklist(t *testing.T) {
	ten := uint64(10)
	good := map[string]string{"sampling": Pass, "batching": Pass, "queue": Pass, "connection": Unknown, "compression": Pass,
		"cardinality": Pass, "monitoring": Unknown, "load": Pass, "degradation": Pass, "configuration": Unknown}
	tests := []struct {
		name   string
		change func(*Report)
		want   map[string]string // what differs from good
	}{
		{"exemplary", func(*Report) {}, nil},
		{"all sampled", func(r *Report) { r.Spans.Sampled = r.Spans.Started }, map[string]string{"sampling": Fail}},
		{"sampling not known", func(r *Report) { r.Spans.Sampled = nil }, map[string]string{"sampling": Unknown}},
		{"synchronous", func(r *Report) { r.Processors[0].Kind = "simple" }, map[string]string{"batching": Fail}},
		{"drops", func(r *Report) { r.Spans.Dropped = estimate.Counted(1) }, map[string]string{"queue": Fail, "load": Fail, "degradation": Fail}},
		{"queue too small", func(r *Report) { r.Queue.Capacity = &ten }, map[string]string{"queue": Fail}},
		{"exports near their timeout", func(r *Report) { *r.Export.DurationMS.P99 = 29000 }, map[string]string{"queue": Fail}},
		{"exports fail", func(r *Report) { r.Export.Failed = 1 }, map[string]string{"connection": Fail}},
		{"no compressing seen", func(r *Report) { r.CPU.Stages = nil }, map[string]string{"compression": Unknown}},
		{"short", func(r *Report) { r.Window.Seconds = 5 }, map[string]string{"load": Unknown}},
		{"blocking", func(r *Report) { r.Processors[0].Settings.Blocking = true }, map[string]string{"degradation": Fail}},
		{"receiver never away", func(r *Report) { r.Export.Retried = nil }, map[string]string{"degradation": Unknown}},
		{"names not read", func(r *Report) { r.Missing = []snapshot.Missing{{What: "names"}} }, map[string]string{"cardinality": Unknown}},
		{"a new value in most spans", func(r *Report) {
			r.Attributes = []Attribute{{Key: "id", Distinct: 99, New: estimate.New(100, 98)}}
		}, map[string]string{"cardinality": Fail}},
		{"attributes not read", func(r *Report) { r.Missing = []snapshot.Missing{{What: "attributes"}} }, map[string]string{"cardinality": Unknown}},
		{"exports not counted", func(r *Report) { r.Missing = []snapshot.Missing{{What: "export"}} }, map[string]string{"connection": Unknown}},
		{"nothing in the environment", func(r *Report) { r.Target.Configured = []string{} }, map[string]string{"monitoring": Fail, "configuration": Fail}},
		{"all in the environment", func(r *Report) {
			r.Target.Configured = []string{"OTEL_BSP_SCHEDULE_DELAY", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_GO_X_OBSERVABILITY", "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER"}
		}, map[string]string{"monitoring": Pass, "configuration": Pass}},
		{"otwatch sends metrics", func(r *Report) { r.Probe.Exporting = true }, map[string]string{"monitoring": Pass}},
		{"too few names read", func(r *Report) { r.Missing = []snapshot.Missing{{What: "findings.high-cardinality"}} }, map[string]string{"cardinality": Unknown}},
		{"finding", func(r *Report) { r.Findings = []Finding{{ID: "uncompressed"}} }, map[string]string{"compression": Fail}},
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
	list := Analyze(snapshot.Snapshot{}).Check()
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
	r := Report{Findings: []Finding{{ID: "attribute-cost", Category: "CPU/Memory"}}}
	for _, b := range r.Check().Bottlenecks {
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
	r.Findings = []Finding{{ID: "hot-path", Category: "CPU"}}
	want := map[string]string{"CPU": Limited, "Memory": Unknown, "Sampling": Unknown, "Queue": Clear}
	for _, b := range r.Check().Bottlenecks {
		if state, told := want[b.Category]; told && b.State != state {
			t.Errorf("%s is %s, want %s", b.Category, b.State, state)
		}
	}
}
