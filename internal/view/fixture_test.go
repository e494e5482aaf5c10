package view

import (
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

var start = time.Date(2026, 11, 24, 12, 3, 41, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

func around(value, low, high float64, n uint64) *estimate.Estimate {
	return &estimate.Estimate{Value: value, Low: low, High: high, N: n}
}

// healthy is a busy target without figures of CPU samples and findings.
func healthy() report.Frame {
	return report.Frame{
		Total: busy(42), Recent: busy(10),
		QueueHistory: []uint64{64, 180, 310, 290, 512, 310, 64, 256, 1024, 310, 128, 310},
	}
}

// busy is one report of a target that makes 41,210 spans a second.
func busy(seconds float64) report.Report {
	spans := estimate.Counted(uint64(41210 * seconds))
	return report.Report{
		Schema: report.Schema,
		Target: report.Target{PID: 4711, Exe: "/usr/local/bin/checkout", ServiceName: "checkout", GoVersion: "go1.26.8",
			SDKVersion: "v1.47.0", Arch: "amd64", Stripped: true},
		Window: report.Window{Start: start, Seconds: seconds},
		CPU:    report.CPU{ProcessSeconds: 2.62 * seconds},
		Spans: report.Spans{Ended: spans, Sampled: nil, Exported: estimate.Counted(uint64(41180 * seconds)),
			Failed: estimate.Counted(0), Dropped: estimate.Counted(0)},
		Queue: report.Queue{Size: ptr(uint64(310)), Capacity: ptr(uint64(2048)), Peak: ptr(uint64(1024)), Utilization: ptr(310.0 / 2048)},
		Processors: []report.Processor{{Name: "batching_span_processor/0", Kind: "batch", Exporter: "otlp_grpc_span_exporter/0",
			Queue:    report.Queue{Size: ptr(uint64(310)), Capacity: ptr(uint64(2048)), Peak: ptr(uint64(1024)), Utilization: ptr(310.0 / 2048)},
			Settings: &report.Settings{MaxQueueSize: 2048, MaxExportBatchSize: 512, BatchTimeoutMS: 5000, ExportTimeoutMS: 30000}}},
		Export: report.Export{Operations: uint64(82 * seconds), Retried: ptr(uint64(0)),
			DurationMS: report.Quantiles{P50: ptr(8.2), P90: ptr(14.1), P99: ptr(41.0), Max: ptr(63.4)},
			Batch:      report.Batch{Mean: ptr(502.2), Max: ptr(uint64(512))}},
		Memory: report.Memory{RSSBytes: 182e6},
		Probe: report.Probe{Hits: uint64(164 * seconds), Windows: 1, TargetCPUSeconds: 0.006 * seconds,
			AgentCPUSeconds: 0.003 * seconds, AgentRSSBytes: 31e6, Budget: 0.01},
		Missing: []snapshot.Missing{
			{What: "spans.started", Why: "counting Start needs windows on hot functions, which this version does not open"},
			{What: "spans.sampled", Why: "counting Start needs windows on hot functions, which this version does not open"},
			{What: "spans.live", Why: "counting Start needs windows on hot functions, which this version does not open"},
			{What: "cpu.tracing", Why: "this version does not sample stacks"},
			{What: "alloc", Why: "this version does not sample stacks"},
			{What: "findings", Why: "this version does not judge"},
		},
	}
}

// attached is a target that has made no span yet.
func attached() report.Frame {
	r := report.Report{
		Schema: report.Schema,
		Target: report.Target{PID: 4711, Exe: "/usr/local/bin/checkout", GoVersion: "go1.26.8", Arch: "amd64"},
		Window: report.Window{Start: start, Seconds: 1},
		CPU:    report.CPU{ProcessSeconds: 0.003},
		Spans: report.Spans{Ended: estimate.Counted(0), Exported: estimate.Counted(0), Failed: estimate.Counted(0),
			Dropped: estimate.Counted(0)},
		Memory: report.Memory{RSSBytes: 21e6},
		Probe:  report.Probe{AgentCPUSeconds: 0.002, AgentRSSBytes: 29e6, Budget: 0.01},
		Missing: []snapshot.Missing{
			{What: "queue", Why: "no span processor of the SDK has been active since otwatch attached"},
			{What: "export.duration_ms", Why: "no export has finished yet"},
			{What: "export.batch", Why: "no export has finished yet"},
			{What: "findings", Why: "this version does not judge"},
		},
	}
	return report.Frame{Total: r, Recent: r, State: "waiting: no span made yet"}
}

// losing is a target whose receiver fails, with a full queue.
func losing() report.Frame {
	f := healthy()
	f.Total.Spans.Failed = estimate.Counted(15060)
	f.Total.Spans.Dropped = estimate.AtLeast(120400, 512)
	f.Recent.Spans.Failed = estimate.Counted(0)
	f.Recent.Spans.Dropped = estimate.Counted(41000)
	f.Total.Export.Failed = 30
	f.Total.Export.Retried = ptr(uint64(122))
	f.Total.Queue = report.Queue{Size: ptr(uint64(2048)), Capacity: ptr(uint64(2048)), Peak: ptr(uint64(2048)), Utilization: ptr(1.0)}
	f.Recent.Export.DurationMS = report.Quantiles{P50: ptr(812.0), P90: ptr(9800.0), P99: ptr(10000.0), Max: ptr(10003.0)}
	f.QueueHistory = []uint64{100, 400, 900, 1500, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048}
	f.Total.Probe.Lost, f.Total.Probe.Unmatched = 1204, 2
	f.Total.Leaks = []report.Leak{{OfSpans: 1, Followed: 5000, NeverEnded: &estimate.Estimate{Value: 0.019, Low: 0.014, High: 0.026, N: 5000}}}
	return f
}

// severalProcessors exports everything twice, once synchronously, and metrics and
// logs besides.
func severalProcessors() report.Frame {
	f := healthy()
	second := f.Total.Processors[0]
	second.Name, second.Exporter = "batching_span_processor/1", "zipkin_http_span_exporter/0"
	second.Queue = report.Queue{Size: ptr(uint64(12)), Capacity: ptr(uint64(512)), Peak: ptr(uint64(98)), Utilization: ptr(12.0 / 512)}
	second.Settings = &report.Settings{MaxQueueSize: 512, MaxExportBatchSize: 128, BatchTimeoutMS: 200, ExportTimeoutMS: 1500, Blocking: true}
	took := report.Quantiles{P50: ptr(3.0), P90: ptr(8.0), P99: ptr(9.0), Max: ptr(9.5)}
	second.Calls = []report.Function{{Name: "ForceFlush", Calls: report.Calls{Operations: 2, Failed: 1, DurationMS: took}}}
	third := report.Processor{Name: "simple_span_processor/0", Kind: "simple", Exporter: "stdout_span_exporter/0"}
	f.Total.Export.BackoffSeconds = 1.25
	f.Total.Pipelines = []report.Pipeline{
		{Signal: "metrics", Calls: report.Calls{Operations: 7, DurationMS: took}},
		{Signal: "logs", Calls: report.Calls{Operations: 40, Failed: 3, DurationMS: took}, Batch: report.Batch{Mean: ptr(17.5), Max: ptr(uint64(512))}},
	}
	f.Total.Processors = append(f.Total.Processors, second, third)
	return f
}

// unmeasured has no figure at all.
func unmeasured() report.Frame {
	r := report.Report{
		Target: report.Target{PID: 1},
		Window: report.Window{Start: start, Seconds: 10},
	}
	for _, path := range []string{"cpu", "spans", "queue", "export", "memory", "alloc", "findings", "probe.target_cpu_seconds"} {
		r.Missing = append(r.Missing, snapshot.Missing{What: path, Why: "the executable has no OpenTelemetry SDK that this version knows"})
	}
	return report.Frame{Total: r, Recent: r}
}

// complete has every figure that a report can hold.
func complete() report.Frame {
	f := healthy()
	for _, r := range []*report.Report{&f.Total, &f.Recent} {
		r.Missing = nil
		r.Spans.Started = around(41230*r.Window.Seconds, 40900*r.Window.Seconds, 41560*r.Window.Seconds, 9120)
		r.Spans.Sampled = around(41230*r.Window.Seconds, 40900*r.Window.Seconds, 41560*r.Window.Seconds, 9120)
		r.Spans.Live = around(312, 280, 350, 9120)
		r.Alloc = report.Alloc{BytesPerSecond: around(121e6, 118e6, 124e6, 4400), TracingShare: around(0.31, 0.28, 0.35, 4400)}
		r.Memory.GrowthBytesPerMinute = around(1.2e6, 0.4e6, 2.1e6, 42)
	}
	r := &f.Total
	r.Target.ContainerID = ptr("3f2a9c7d51e08b6642aa90d1")
	r.CPU.Tracing = report.Share{Seconds: around(8.69, 7.81, 9.68, 7312), Share: around(0.079, 0.071, 0.088, 7312),
		Direct: around(0.075, 0.067, 0.083, 7312), Indirect: around(0.004, 0.002, 0.007, 7312)}
	r.CPU.OpenTelemetry = report.Share{Seconds: around(14.7, 13, 16.4, 7312), Share: around(0.131, 0.116, 0.146, 7312),
		Direct: around(0.115, 0.105, 0.125, 7312), Indirect: around(0.016, 0.012, 0.02, 7312)}
	r.CPU.Instrumentation, r.CPU.Metrics, r.CPU.Logs = around(0.046, 0.041, 0.051, 7312), around(0.006, 0.004, 0.008, 7312), around(0, 0, 0.0005, 7312)
	r.CPU.InstrumentationStages = map[string]report.Portion{"library": {Share: around(0.042, 0.038, 0.046, 7312), Kind: "direct", Method: "samples of the stage"},
		"gc": {Share: around(0.004, 0.0036, 0.0044, 7312), Kind: "indirect", Method: "the collector's samples by the share of allocations"}}
	r.CPU.MetricsStages = map[string]report.Portion{"collect": {Share: around(0.006, 0.004, 0.008, 7312), Kind: "direct", Method: "samples of the stage"}}
	r.Scopes = []report.Scope{
		{Name: "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", Library: "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", Version: "v0.72.0",
			Spans: around(1.1e6, 1e6, 1.2e6, 900), PerRequest: around(1.6, 1.5, 1.7, 900), AttributesPerSpan: ptr(11.0), Share: around(0.071, 0.065, 0.077, 7312),
			CostUS: around(7.1, 6.2, 8, 900), AllocShare: around(0.24, 0.13, 0.35, 800)},
		{Name: "checkout", Spans: around(4e5, 3e5, 5e5, 900), PerRequest: around(0.6, 0.5, 0.7, 900), AttributesPerSpan: ptr(3.4)},
		{Library: "example.org/shop/audit", Share: around(0.004, 0.003, 0.006, 7312), AllocShare: around(0.01, 0, 0.12, 800)},
	}
	r.CPU.Stages = map[string]report.Portion{}
	for stage, v := range map[string]float64{"create": 0.029, "attributes": 0.019, "serialize": 0.011, "end": 0.008, "send": 0.006, "sampling": 0.0003} {
		r.CPU.Stages[stage] = report.Portion{Share: around(v, v*0.9, v*1.1, 7312), Kind: "direct", Method: "samples of the stage"}
	}
	r.CPU.Stages["gc"] = report.Portion{Share: around(0.004, 0.0036, 0.0044, 7312), Kind: "indirect", Method: "the collector's samples by the share of allocations"}
	r.Spans.CostUS = around(1.9, 1.7, 2.1, 7312)
	r.Export.Bytes = ptr(uint64(412e6))
	r.Export.Compression = &report.Compression{On: true, SentBytes: 59e6, Ratio: estimate.Around(412.0/59, 0, 412e6), SavedBytes: estimate.Counted(353e6)}
	r.Request = report.Request{RootSpans: around(171000, 162000, 180000, 2000), CostUS: around(50.8, 44.9, 56.7, 2000), BlockedUS: estimate.Counted(0)}
	r.Findings = findings()
	r.Names = []report.Name{
		{Scope: "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", Name: "GET /cart/{id}", Share: around(0.62, 0.6, 0.64, 2000), AttributesPerSpan: 11},
		{Scope: "checkout", Name: "price.calculate", Share: around(0.21, 0.19, 0.23, 2000), AttributesPerSpan: 3.4},
	}
	r.Attributes = []report.Attribute{
		{Key: "url.path", Distinct: 231, AtLeast: 2180, New: estimate.New(256, 210)},
		{Key: "http.route", Distinct: 4, AtLeast: 4, New: estimate.New(256, 0)},
	}
	r.Sites = []report.Site{
		{Function: "checkout/cart.(*Service).Price", File: "cart/service.go", Line: 88, Share: around(0.031, 0.027, 0.036, 7312), Stage: "create"},
		{Function: "checkout/db.query", File: "db/query.go", Line: 14, Share: around(0.012, 0.009, 0.015, 7312), Stage: "attributes"},
	}
	r.Probe.SampleHz, r.Probe.Samples, r.Probe.Unclassified = 199, 7312, 41
	return f
}

func findings() []report.Finding {
	return []report.Finding{
		{ID: "batch-config", Severity: "info", Category: "Batching", Title: "batches are full 97 % of the time",
			Advice: []report.Advice{{Title: "let batches grow", Env: map[string]string{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1024"}}}},
		{ID: "sampling-high", Severity: "warning", Category: "Sampling", Title: "7.9 % of CPU at 100 % sampling; about 1.4 % at 10 %",
			Advice: []report.Advice{{Title: "sample one trace in ten",
				Env: map[string]string{"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"}}}},
		{ID: "span-drop", Severity: "critical", Category: "Queue", Title: "2.9 % of spans are dropped",
			Advice: []report.Advice{{Title: "enlarge the queue", Env: map[string]string{"OTEL_BSP_MAX_QUEUE_SIZE": "8192"}}}},
	}
}
