package classify

import "github.com/otwatch/otwatch/internal/snapshot"

const (
	sdkMetric  = otel + "/sdk/metric"
	sdkLog     = otel + "/sdk/log"
	otlpMetric = otel + "/exporters/otlp/otlpmetric"
	otlpLog    = otel + "/exporters/otlp/otlplog"
)

// metricRules are those of metrics. What a metric reader calls is collecting, not recording:
// see inReader.
var metricRules = []rule{
	{pkg: sdkMetric + "/exemplar", class: Metrics, stage: StageExemplars},
	{pkg: sdkMetric + "/internal/reservoir", class: Metrics, stage: StageExemplars},
	{pkg: sdkMetric + "/internal/aggregate", names: []string{"(*filteredExemplarReservoir)*", "NewFilteredExemplarReservoir", "collectExemplars"}, class: Metrics, stage: StageExemplars},
	{pkg: sdkMetric, names: []string{"(*PeriodicReader).run", "(*PeriodicReader).collect", "(*PeriodicReader).Collect", "(*ManualReader).Collect"}, class: Metrics, stage: StageCollect},
	{pkg: sdkMetric, names: []string{"(*PeriodicReader).export*", "batcher*"}, class: Metrics, stage: StageExport},
	{pkg: sdkMetric + "/...", class: Metrics, stage: StageRecord},
	{pkg: otlpMetric + "/...", class: Metrics, stage: StageExport},
	{pkg: otel + "/exporters/prometheus/...", class: Metrics, stage: StageExport},
	{pkg: otel + "/exporters/stdout/stdoutmetric/...", class: Metrics, stage: StageExport},
	{pkg: proto + "/collector/metrics/...", class: Metrics, stage: StageExport},
	{pkg: proto + "/metrics/...", class: Metrics, stage: StageExport},
	{pkg: otel + "/internal/global", names: []string{
		"(*meter*", "(*si*", "(*sf*", "(*ai*", "(*af*", "(*registration)*", "(*instID)*",
	}, class: Metrics, stage: StageRecord},
	{pkg: otel + "/metric/...", class: Metrics, stage: StageRecord},
	{pkg: contrib + "net/http/otelhttp/internal/semconv", names: []string{
		"HTTPServer.RecordMetrics", "HTTPClient.RecordMetrics", "(*HTTPServer).RecordMetrics", "(*HTTPClient).RecordMetrics",
	}, class: Metrics, stage: StageRecord},
	{pkg: contrib + "runtime/...", class: Metrics, stage: StageCollect},
	{pkg: contrib + "host", class: Metrics, stage: StageCollect},
}

// logRules are those of log records.
var logRules = []rule{
	{pkg: sdkLog, names: []string{
		"(*BatchProcessor)*", "NewBatchProcessor*", "(*SimpleProcessor)*", "(*queue)*", "(*ring)*", "newQueue", "newRing",
		"(*chunkExporter)*", "chunkExporter*", "(*timeoutExporter)*", "(*bufferExporter)*", "newBufferExporter*", "exportSync*", "resetTimer",
	}, class: Logs, stage: StageBatch},
	{pkg: sdkLog + "/...", class: Logs, stage: StageEmit},
	{pkg: otlpLog + "/otlploggrpc/internal/transform", class: Logs, stage: StageSerialize},
	{pkg: otlpLog + "/otlploghttp/internal/transform", class: Logs, stage: StageSerialize},
	{pkg: otlpLog + "/otlploggrpc/internal/retry", class: Logs, stage: StageRetry},
	{pkg: otlpLog + "/otlploghttp/internal/retry", class: Logs, stage: StageRetry},
	{pkg: otlpLog + "/...", class: Logs, stage: StageSend},
	{pkg: otel + "/exporters/stdout/stdoutlog/...", class: Logs, stage: StageSend},
	{pkg: proto + "/collector/logs/...", class: Logs, stage: StageSend},
	{pkg: proto + "/logs/...", class: Logs, stage: StageSerialize},
	{pkg: otel + "/log/...", class: Logs, stage: StageEmit},
	{pkg: "go.opentelemetry.io/contrib/bridges/...", class: Logs, stage: StageEmit},
}

// readers are functions that collect metrics: all work of a metric reader, including its
// exports and the callbacks of observable instruments, is below one of them.
var readers = []rule{
	{pkg: sdkMetric, names: []string{"(*PeriodicReader).collectAndExport", "(*ManualReader).Collect"}},
	{pkg: otel + "/exporters/prometheus", names: []string{"(*collector).Collect"}},
}

// logPolling is the goroutine of the batch processor of log records until sdk/log v0.20,
// which the present one does not have. Source: sdk/log/batch.go.
var logPolling = []rule{{pkg: sdkLog, names: []string{"(*BatchProcessor).poll"}}}

// has reports whether one of the functions is in a stack.
func has(frames []*snapshot.Frame, functions []rule) bool {
	for _, frame := range frames {
		f := parseFunction(frame.Function)
		for _, r := range functions {
			if f.in(r.pkg) && f.is(r.names) {
				return true
			}
		}
	}
	return false
}

// inReader is the classification of a stack below a metric reader. The program's callbacks
// run because of metrics.
func (v classification) inReader() classification {
	switch v.class {
	case Application, Instrumentation:
		v.class, v.stage = Metrics, StageCollect
	case Metrics:
		if v.stage == StageRecord {
			v.stage = StageCollect
		}
	}
	return v
}
