package analyzer

import (
	"maps"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

const (
	app   = "main.handle"
	start = "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start"
	api   = "go.opentelemetry.io/otel/trace.ContextWithSpan"
)

// sampled is a Snapshot of an exporter's process with the given stacks.
func sampled(component string, stacks ...snapshot.Stack) snapshot.Snapshot {
	return snapshot.Snapshot{
		Elapsed: 10 * time.Second,
		Process: snapshot.Process{CPU: 5 * time.Second},
		Exports: []snapshot.Exporter{{Component: component}},
		Samples: snapshot.Samples{Hz: 100, Stacks: stacks},
	}
}

func TestCostOfTracing(t *testing.T) {
	const grpc, http = "otlp_grpc_span_exporter", "otlp_http_span_exporter"
	inline := testsnapshot.Stack(100, "runtime.gopark", "go.opentelemetry.io/otel/exporters/otlp/otlptrace.(*Exporter).ExportSpans",
		"go.opentelemetry.io/otel/sdk/trace.(*simpleSpanProcessor).OnEnd", "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End", app)
	loopy := testsnapshot.Stack(100, "syscall.write", "google.golang.org/grpc/internal/transport.(*loopyWriter).run",
		"google.golang.org/grpc/internal/transport.NewHTTP2Client.func6")
	parked := testsnapshot.Stack(100, "runtime.findRunnable", "runtime.schedule", "runtime.park_m", "runtime.mcall")
	exportCall := testsnapshot.Stack(20, "google.golang.org/grpc.(*ClientConn).Invoke", "go.opentelemetry.io/otel/exporters/otlp/otlptrace.(*Exporter).ExportSpans")
	appCall := func(n uint64) snapshot.Stack {
		return testsnapshot.Stack(n, "google.golang.org/grpc.(*ClientConn).Invoke", app)
	}
	unobserved := sampled(grpc, testsnapshot.Stack(200, start, app), testsnapshot.Stack(700, app), loopy)
	unobserved.Exports, unobserved.Missing = nil, []snapshot.Missing{{What: "export", Why: "no budget"}}
	noExporter := unobserved
	unobserved.Processors = []snapshot.Processor{{}}
	unprobed := noExporter
	unprobed.Samples.Stacks = []snapshot.Stack{exportCall, testsnapshot.Stack(880, app), loopy}
	none := noExporter
	none.Missing = nil
	tests := []struct {
		name  string
		s     snapshot.Snapshot
		share float64
	}{
		{"its own frames", sampled(grpc, testsnapshot.Stack(250, start, app), testsnapshot.Stack(750, app)), 0.25},
		{"none of them", sampled(grpc, testsnapshot.Stack(1000, app)), 0},
		{"the exporter's transport", sampled(grpc, testsnapshot.Stack(200, start, app), testsnapshot.Stack(700, app), loopy), 0.3},
		{"transport that exporters share with the application's clients", sampled(grpc, exportCall, testsnapshot.Stack(820, app), appCall(60), loopy), 0.02 + 0.1*21/81},
		{"transport of the application's clients alone", sampled(grpc, testsnapshot.Stack(200, start, app), testsnapshot.Stack(201, app), appCall(499), loopy), 0.2 + 0.1/500},
		{"transport of exports that are not observed", unobserved, 0.3},
		{"transport of exports without probes", unprobed, 0.12},
		{"gRPC of a program without exporter and processor", noExporter, 0.2},
		{"gRPC of a program that exports nothing", none, 0.2},
		{"gRPC of a program that exports over HTTP", sampled(http, testsnapshot.Stack(200, start, app), testsnapshot.Stack(700, app), loopy), 0.2},
		{"what the no-op provider does too", sampled(grpc, testsnapshot.Stack(100, api, app), testsnapshot.Stack(900, app)), 0},
		{"and that by itself, where nothing else allocates", sampled(grpc,
			testsnapshot.Stack(50, api, app), testsnapshot.Stack(150, "runtime.mallocgc", start, app), testsnapshot.Stack(800, app)), 0.15 - 0.05*150.2/151},
		{"which costs it less, the more the application allocates", sampled(grpc,
			testsnapshot.Stack(50, api, app), testsnapshot.Stack(100, "runtime.mallocgc", start, app), testsnapshot.Stack(100, "runtime.mallocgc", app), testsnapshot.Stack(750, app)), 0.1 - 0.05*100.15/201},
		{"threads that nobody else wakes", sampled(grpc, testsnapshot.Stack(200, "runtime.startm", "runtime.wakep", start, app), testsnapshot.Stack(800, app)), 0.2},
		{"and those that the application would wake", sampled(grpc, testsnapshot.Stack(200, "runtime.startm", "runtime.wakep", start, app),
			testsnapshot.Stack(600, "runtime.startm", "runtime.wakep", app), testsnapshot.Stack(200, app)), 0.2 * 201 / 801},
		{"instrumentation, which it leaves", sampled(grpc, testsnapshot.Stack(100, start, app),
			testsnapshot.Stack(200, "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp.(*middleware).serveHTTP"), testsnapshot.Stack(700, app)), 0.1},
		{"sweeping, by the share of allocations", sampled(grpc,
			testsnapshot.Stack(75, "runtime.mallocgc", start, app), testsnapshot.Stack(25, "runtime.mallocgc", app), testsnapshot.Stack(800, app),
			testsnapshot.Stack(100, "runtime.bgsweep", "runtime.gcenable.gowrap1")), 0.075 + 0.1*75.075/101},
		{"marking, half of it by what is live", sampled(grpc,
			testsnapshot.Stack(50, "runtime.mallocgc", start, app), testsnapshot.Stack(50, "runtime.mallocgc", app), testsnapshot.Stack(800, app),
			testsnapshot.Stack(100, "runtime.scanobject", "runtime.gcDrain", "runtime.gcBgMarkWorker")), 0.05 + 0.1*(1-0.5*(1-50.05/101))},
		{"the scheduler, half of it like the work that it is there for", sampled(grpc, testsnapshot.Stack(180, start, app), testsnapshot.Stack(720, app), parked), 0.18 + 0.1*0.2/2},
		{"the scheduler of an application that wakes threads itself", sampled(grpc, testsnapshot.Stack(180, start, app), testsnapshot.Stack(621, app),
			testsnapshot.Stack(99, "runtime.startm", "runtime.wakep", app), parked), 0.18 + 0.1*0.2/2*0.01},
		{"the scheduler, for exports that requests wait for", sampled(grpc, inline, testsnapshot.Stack(800, app), parked), 0.1 + 0.1*0.1/0.9*3/4},
		{"nothing but the scheduler", sampled(grpc, parked), 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := Analyze(test.s)
			got := r.CPU.Tracing.Share
			if got == nil {
				t.Fatalf("no share: %v", r.Missing)
			}
			if math.Abs(got.Value-test.share) > 1e-9 || got.Low > test.share || got.High < test.share {
				t.Errorf("share %+v, want %v", *got, test.share)
			}
			if seconds := r.CPU.Tracing.Seconds.Value; math.Abs(seconds-5*test.share) > 1e-9 {
				t.Errorf("%v s of 5, want %v", seconds, 5*test.share)
			}
			if kinds := r.CPU.Tracing.Direct.Value + r.CPU.Tracing.Indirect.Value; math.Abs(kinds-test.share) > 1e-9 {
				t.Errorf("direct and indirect add up to %v, want %v", kinds, test.share)
			}
			stages := map[string]float64{}
			for _, stage := range r.CPU.Stages {
				stages[stage.Kind] += stage.Share.Value
			}
			if math.Abs(stages[direct]+stages[indirect]-test.share) > 1e-9 {
				t.Errorf("the stages add up to %v, want %v", stages, test.share)
			}
		})
	}
}

// TestPartsAddUp has all signals in one process, with everything that they share.
func TestPartsAddUp(t *testing.T) {
	const (
		instrument = "go.opentelemetry.io/otel/sdk/metric.(*int64Inst).Add"
		reader     = "go.opentelemetry.io/otel/sdk/metric.(*PeriodicReader).collectAndExport"
		emit       = "go.opentelemetry.io/otel/sdk/log.(*logger).Emit"
		logExport  = "go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc.(*Exporter).Export"
		library    = "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp.(*middleware).serveHTTP"
		invoke     = "google.golang.org/grpc.(*ClientConn).Invoke"
	)
	s := sampled("otlp_grpc_span_exporter",
		testsnapshot.Stack(40, start, app), testsnapshot.Stack(20, api, start, app), testsnapshot.Stack(30, "runtime.mallocgc", start, app),
		testsnapshot.Stack(9, "runtime.startm", "runtime.wakep", start, app), testsnapshot.Stack(7, "runtime.startm", "runtime.wakep", app),
		testsnapshot.Stack(25, "runtime.mallocgc", library), testsnapshot.Stack(15, "runtime.mallocgc", instrument, app), testsnapshot.Stack(12, app, reader),
		testsnapshot.Stack(33, "runtime.mallocgc", emit, app), testsnapshot.Stack(8, "runtime.startm", "runtime.wakep", emit, app), testsnapshot.Stack(14, invoke, logExport),
		testsnapshot.Stack(6, invoke, "go.opentelemetry.io/otel/exporters/otlp/otlptrace.(*Exporter).ExportSpans"), testsnapshot.Stack(5, invoke, app),
		testsnapshot.Stack(60, "net.(*conn).Write", "google.golang.org/grpc/internal/transport.(*loopyWriter).run"),
		testsnapshot.Stack(50, "runtime.scanobject", "runtime.gcDrain", "runtime.gcBgMarkWorker"), testsnapshot.Stack(40, "runtime.bgsweep", "runtime.gcenable.gowrap1"),
		testsnapshot.Stack(80, "runtime.findRunnable", "runtime.schedule", "runtime.park_m", "runtime.mcall"),
		testsnapshot.Stack(50, "runtime.mallocgc", app), testsnapshot.Stack(600, app))
	s.Pipelines = []snapshot.Pipeline{{Signal: snapshot.Logs, Exporters: []snapshot.SignalExporter{{Component: "otlp_grpc_log_exporter", Durations: snapshot.Histogram{Count: 3}}}}}
	for _, heap := range []snapshot.Heap{{}, {Cycles: 3, Scanned: 3 * 20 << 20}} {
		s.Heap = heap
		c := Analyze(s).CPU
		parts := []struct {
			name   string
			share  *estimate.Estimate
			stages map[string]report.Portion
		}{
			{"tracing", c.Tracing.Share, c.Stages}, {"instrumentation", c.Instrumentation, c.InstrumentationStages},
			{"metrics", c.Metrics, c.MetricsStages}, {"logs", c.Logs, c.LogsStages},
		}
		sum, widths := 0.0, 0.0
		for _, p := range parts {
			of := 0.0
			for _, stage := range p.stages {
				of += stage.Share.Value
			}
			if math.Abs(of-p.share.Value) > 1e-9 || p.share.Value < 0.01 || p.stages["gc"].Share == nil || p.stages["scheduler"].Share == nil {
				t.Errorf("%s: %+v, its stages are %v together: %v", p.name, *p.share, of, slices.Sorted(maps.Keys(p.stages)))
			}
			sum, widths = sum+p.share.Value, widths+p.share.High-p.share.Low
		}
		whole := c.OpenTelemetry
		if math.Abs(sum-whole.Share.Value) > 1e-9 || math.Abs(whole.Direct.Value+whole.Indirect.Value-sum) > 1e-9 {
			t.Errorf("the parts are %v together; the whole is %v", sum, *whole.Share)
		}
		if width := whole.Share.High - whole.Share.Low; width >= widths {
			t.Errorf("the whole is %v wide, its parts %v: what they share is not uncertain of the whole", width, widths)
		}
		if c.LogsStages["transport"].Share.Value <= c.Stages["transport"].Share.Value || c.MetricsStages["transport"].Share != nil {
			t.Errorf("transport: traces %v, logs %v, which have more calls; no metrics go over gRPC", c.Stages["transport"].Share, c.LogsStages["transport"].Share)
		}
	}
}

// TestTransportOpensDownwards has gRPC connections that may work for the application: the
// lower end is without them.
func TestTransportOpensDownwards(t *testing.T) {
	stacks := []snapshot.Stack{
		testsnapshot.Stack(600, app), testsnapshot.Stack(400, "net.(*conn).Write", "google.golang.org/grpc/internal/transport.(*loopyWriter).run"),
	}
	if got := Analyze(sampled("otlp_grpc_span_exporter", stacks...)).CPU.Tracing.Share; got.Low != 0 || got.Value != 0.4 || got.High < 0.4 {
		t.Errorf("%+v, want 0.4, and 0 at least: no caller of a client was sampled", *got)
	}
	stacks = append(stacks, testsnapshot.Stack(100, "google.golang.org/grpc.(*ClientConn).Invoke", app))
	if got := Analyze(sampled("otlp_grpc_span_exporter", stacks...)).CPU.Tracing.Share; got.Low != 0 || got.High > 0.1 {
		t.Errorf("%+v, want a tenth at most: all callers are the application", *got)
	}
}

// TestFewAllocationsSayLittle has one sample of an allocation, which is tracing's, in
// a program whose collector is busy: it may do next to nothing for tracing, or all.
func TestFewAllocationsSayLittle(t *testing.T) {
	got := Analyze(sampled("otlp_grpc_span_exporter", testsnapshot.Stack(9, start, app), testsnapshot.Stack(1, "runtime.mallocgc", start, app), testsnapshot.Stack(890, app),
		testsnapshot.Stack(100, "runtime.bgsweep", "runtime.gcenable.gowrap1"))).CPU.Tracing.Share
	if got.Low > 0.035 || got.High < 0.11 || got.Value < 0.05 || got.Value > 0.07 {
		t.Errorf("%+v, want 0.01 and about half of the collector's 0.1, from almost none to all of it", *got)
	}
}

func TestTooFewSamplesClaimNothing(t *testing.T) {
	for name, s := range map[string]snapshot.Snapshot{
		"some":        sampled("otlp_grpc_span_exporter", testsnapshot.Stack(minSamples-1, start, app)),
		"none at all": {},
	} {
		r := Analyze(s)
		if r.CPU.Tracing.Share != nil || r.CPU.Tracing.Seconds != nil || len(r.CPU.Stages) != 0 || r.Spans.CostUS != nil {
			t.Errorf("%s: %+v, want no claim", name, r.CPU)
		}
		missing := map[string]bool{}
		for _, m := range r.Missing {
			missing[m.What] = true
		}
		for _, what := range []string{"cpu.tracing", "cpu.stages", "spans.cost_us", "alloc.tracing_share"} {
			if !missing[what] {
				t.Errorf("%s: %s has no reason in %v", name, what, r.Missing)
			}
		}
	}
}

// TestCostsAreTheSameEachTime adds up the same terms again and again.
func TestCostsAreTheSameEachTime(t *testing.T) {
	c := costModel{classify.Counts{Samples: 997}}
	c.Classes[classify.Tracing], c.Allocating[classify.Tracing], c.Allocating[classify.Application] = 225, 7, 12
	c.Tracing = classify.Signal{Stages: classify.ByName{}, APIs: classify.ByName{}}
	for i, stage := range []string{classify.StageCreate, classify.StageAttributes, classify.StageEnd, classify.StageSampling, classify.StageBatch, classify.StageSerialize, classify.StageSend} {
		c.Tracing.Stages[stage], c.Tracing.APIs[stage] = uint64(3+i*i*i), uint64(1+i*i)
	}
	first := c.estimateCosts(snapshot.Snapshot{})
	for range 50 {
		if again := c.estimateCosts(snapshot.Snapshot{}); !reflect.DeepEqual(first, again) {
			t.Fatalf("%+v, then %+v", first.instrumentation, again.instrumentation)
		}
	}
}
