package main

// recording is a series by service that Prometheus computes once, for dashboards and alerts of
// fleets with thousands of processes. Its name is the same in both forms.
type recording struct {
	name  string
	query string
}

// cores is the CPU time per second of each watched process. It is a macro of queries.
const cores = `sum by (job, instance) (rate(@process.cpu.time[5m]))`

var recordings = []recording{
	{"job:otwatch_processes:count", `count by (job) (@otwatch.probe.lost)`},

	// The cores that tracing takes, with the sums of the bounds, which are further apart than
	// the bounds of the sum.
	{"job:otwatch_tracing_cpu_cores:rate5m",
		`sum by (job, #otwatch.estimate.bound) (@otwatch.tracing.cpu.share * on (job, instance) group_left () ` + cores + `)`},
	{"job:process_cpu_cores:rate5m",
		`sum by (job) (` + cores + ` and on (job, instance) @otwatch.tracing.cpu.share)`},
	{"job:otwatch_tracing_cpu_share:ratio",
		`job:otwatch_tracing_cpu_cores:rate5m / on (job) group_left () (job:process_cpu_cores:rate5m > 0)`},

	{"job:otwatch_span_started:rate", `sum by (job, #otwatch.estimate.bound) (@otwatch.span.started.rate)`},
	{"job:otel_span_exported:rate5m", `sum by (job) (rate(@otel.sdk.exporter.span.exported{#error.type=""}[5m]))`},
	{"job:otel_span_failed:rate5m", `sum by (job) (rate(@otel.sdk.exporter.span.exported{#error.type!=""}[5m]))`},
	{"job:otel_span_dropped:rate5m", `sum by (job) (rate(@otel.sdk.processor.span.processed{#error.type="queue_full"}[5m]))`},
	{"job:otel_span_dropped:ratio_rate5m",
		`job:otel_span_dropped:rate5m / (sum by (job) (rate(@otel.sdk.processor.span.processed[5m])) > 0)`},
	{"job:otel_span_queue:ratio",
		`max by (job) (@otel.sdk.processor.span.queue.size / (@otel.sdk.processor.span.queue.capacity > 0))`},
	{"job:otel_export_duration_seconds:p99_5m",
		`histogram_quantile(0.99, sum by (job, #otel.component.type, le) (rate(@otel.sdk.exporter.operation.duration:bucket[5m])))`},

	{"job:otwatch_probe_cpu_cores:rate5m", `sum by (job) (rate(@otwatch.probe.target.cpu.time[5m]))`},
	{"job:otwatch_findings:sum",
		`sum by (job, #otwatch.finding.id, #otwatch.finding.severity) (@otwatch.finding.active)`},
}
