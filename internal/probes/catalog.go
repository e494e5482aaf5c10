package probes

import (
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/failure"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Group is a set of probes that are put in place and removed together, by one link if the
// kernel has uprobe_multi.
type Group uint8

const (
	// Exports are on functions that run once an export of spans.
	Exports Group = iota
	// Pipelines are on functions that run once an export of metrics or log records.
	Pipelines
	// Flushes are on the functions that flush.
	Flushes
	// Collections are on a function that runs once a garbage collection.
	Collections
	// Components are on functions that run when a component of the SDK is built or shut down.
	Components
	// Discovery is on the path of every span, open for some dozen hits. It finds the
	// addresses of processors.
	Discovery
	// Spans are on the path of every span.
	Spans
	groups
)

// Groups are all groups, in the order in which they get their part of the budget.
var Groups = [groups]Group{Exports, Pipelines, Flushes, Collections, Components, Discovery, Spans}

// Rare is how many groups, those after Exports, are hit so rarely in most programs that a part
// of the budget is theirs whatever Exports would spend.
const Rare = int(Components - Exports)

// Hot reports whether the group's probes are hit for every span while they are open.
// Those of Discovery are removed after some dozen hits.
func (g Group) Hot() bool { return g == Spans }

// Standing reports whether the group's probes should be open all the time.
func (g Group) Standing() bool { return g <= Components }

func (g Group) String() string {
	return [groups]string{"exports", "pipelines", "flushes", "collections", "components", "discovery", "spans"}[g]
}

// site is which of a function's instructions are probed.
type site uint8

const (
	// enter is the first instruction after the stack check: there morestack cannot run
	// twice, and the arguments are still in their registers.
	enter site = iota
	// enterAndReturns is enter, and every RET or what comes before it, of a function whose only
	// result is an error.
	enterAndReturns
	// atReturns is every RET: results are in their registers.
	atReturns
)

// Operation is the kind of a Call. What probes of one kind see on one goroutine belongs
// together.
type Operation = bpfOperation

// The kinds of operations.
const (
	Export   = bpfOperationOPERATION_EXPORT   // of spans
	Metrics  = bpfOperationOPERATION_METRICS  // a metric reader collects and exports
	Collect  = bpfOperationOPERATION_COLLECT  // the first half of that
	Logs     = bpfOperationOPERATION_LOGS     // an export of log records
	Flush    = bpfOperationOPERATION_FLUSH    // ForceFlush of a processor or a metric reader
	Shutdown = bpfOperationOPERATION_SHUTDOWN // of a processor or a metric reader
)

// probe is a row of the catalogue: a function, and what a hit of it means.
type probe struct {
	Name   string // what users see; rows with one name are alternatives and count together
	Symbol string // exact name in .gopclntab, or "*" and the end of the name
	At     site
	Do     bpfAction
	Of     Operation
	Group  Group
	Feeds  string // path of the figure in the report that is missing without the probe
	With   string // a function without which the figure needs no such probe; empty if it always does
	// Unprobed is what is not known if a function that the row matches has no probe, as a path;
	// empty if other probes see the same.
	Unprobed string
	Source   string // where to read the function; module go.opentelemetry.io/otel or Go itself
}

// function is the name of the row's function that users see.
func (p probe) function() string {
	if method, ok := strings.CutPrefix(p.Symbol, "*)."); ok {
		return "other method " + method
	}
	return p.Symbol
}

// matchesAny reports whether the row stands for the functions that no other row names.
func (p probe) matchesAny() bool { return strings.HasPrefix(p.Symbol, "*") }

// counts reports whether the row's calls are a Counter.
func (p probe) counts() bool {
	switch p.Do {
	case bpfActionACTION_COUNT, bpfActionACTION_RETRY, bpfActionACTION_STARTED, bpfActionACTION_ENDED, bpfActionACTION_SPAN, bpfActionACTION_EMIT:
		return true
	}
	return false
}

const (
	sdkTrace   = "go.opentelemetry.io/otel/sdk/trace."
	sdkMetric  = "go.opentelemetry.io/otel/sdk/metric."
	sdkLog     = "go.opentelemetry.io/otel/sdk/log."
	otelGlobal = "go.opentelemetry.io/otel/internal/global."
	otelHTTP   = "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp."
	otelGRPC   = "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc."
	exporters  = "go.opentelemetry.io/otel/exporters/"
	otlpTrace  = exporters + "otlp/otlptrace"
	// otlpExport runs for each export over OTLP.
	otlpExport     = otlpTrace + ".(*Exporter).ExportSpans"
	batchEnd       = sdkTrace + "(*batchSpanProcessor).OnEnd"
	simpleEnd      = sdkTrace + "(*simpleSpanProcessor).OnEnd"
	collectorTrace = "go.opentelemetry.io/proto/otlp/collector/trace/v1."
	// anyExporter stands for the span exporters that no other row names, mostly a
	// program's own.
	anyExporter = "*).ExportSpans"
	// anyProcessor stands for the span processors that no other row names, a program's own
	// or a vendor's.
	anyProcessor = "*).OnEnd"
)

// catalogue has every probe. Calls through an interface run the pointer wrapper of a
// method that has a value receiver, so such a row names the wrapper.
var catalogue = []probe{
	{Name: "export", Symbol: otlpExport,
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Export, Group: Exports, Feeds: "export",
		Source: "exporters/otlp/otlptrace/exporter.go"},
	{Name: "export", Symbol: exporters + "stdout/stdouttrace.(*Exporter).ExportSpans",
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Export, Group: Exports, Feeds: "export",
		Source: "exporters/stdout/stdouttrace/trace.go"},
	{Name: "export", Symbol: exporters + "zipkin.(*Exporter).ExportSpans",
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Export, Group: Exports, Feeds: "export",
		Source: "exporters/zipkin/zipkin.go"},
	{Name: "export", Symbol: anyExporter,
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Export, Group: Exports, Feeds: "export",
		Source: "sdk/trace/span_exporter.go"},
	{Name: "processor", Symbol: sdkTrace + "(*batchSpanProcessor).exportSpans",
		At: enter, Do: bpfActionACTION_PROCESSOR, Group: Exports, Feeds: "export",
		Source: "sdk/trace/batch_span_processor.go"},
	{Name: "rejected", Symbol: otlpTrace + "/otlptracegrpc/internal.(*PartialSuccess).Error",
		At: enter, Do: bpfActionACTION_REJECTED, Of: Export, Group: Exports, Feeds: "spans.failed", With: otlpExport,
		Source: "exporters/otlp/otlptrace/otlptracegrpc/internal/partialsuccess.go"},
	{Name: "rejected", Symbol: otlpTrace + "/otlptracehttp/internal.(*PartialSuccess).Error",
		At: enter, Do: bpfActionACTION_REJECTED, Of: Export, Group: Exports, Feeds: "spans.failed", With: otlpExport,
		Source: "exporters/otlp/otlptrace/otlptracehttp/internal/partialsuccess.go"},
	{Name: "answer", Symbol: collectorTrace + "(*ExportTraceServiceResponse).Reset",
		At: enter, Do: bpfActionACTION_ANSWER, Of: Export, Group: Exports, Feeds: "spans.failed", With: otlpExport,
		Source: "collector/trace/v1/trace_service.pb.go of module go.opentelemetry.io/proto/otlp"},
	{Name: "retry", Symbol: otlpTrace + "/otlptracegrpc/internal/retry.wait",
		At: enter, Do: bpfActionACTION_RETRY, Of: Export, Group: Exports, Feeds: "export.retried",
		Source: "exporters/otlp/otlptrace/otlptracegrpc/internal/retry/retry.go"},
	{Name: "retry", Symbol: otlpTrace + "/otlptracehttp/internal/retry.wait",
		At: enter, Do: bpfActionACTION_RETRY, Of: Export, Group: Exports, Feeds: "export.retried",
		Source: "exporters/otlp/otlptrace/otlptracehttp/internal/retry/retry.go"},
	{Name: "payload", Symbol: otlpTrace + "/otlptracehttp.(*request).reset",
		At: enter, Do: bpfActionACTION_PAYLOAD, Of: Export, Group: Exports, Feeds: "export.bytes", With: otlpExport,
		Source: "exporters/otlp/otlptrace/otlptracehttp/client.go"},
	{Name: "payload", Symbol: collectorTrace + "(*traceServiceClient).Export",
		At: enter, Do: bpfActionACTION_MESSAGE, Of: Export, Group: Exports, Feeds: "export.bytes", With: otlpExport,
		Source: "collector/trace/v1/trace_service_grpc.pb.go of module go.opentelemetry.io/proto/otlp"},
	{Name: "collection", Symbol: "runtime.(*gcControllerState).resetLive",
		At: enter, Do: bpfActionACTION_COLLECTION, Group: Collections, Feeds: "alloc.bytes_per_second",
		Source: "src/runtime/mgcpacer.go"},
	{Name: "retry", Symbol: "go.opentelemetry.io/otel/exporters/otlp/internal/retry.wait",
		At: enter, Do: bpfActionACTION_RETRY, Of: Export, Group: Exports, Feeds: "export.retried",
		Source: "exporters/otlp/internal/retry/retry.go, last in v1.16.0"},
	{Name: "flush", Symbol: sdkTrace + "(*batchSpanProcessor).ForceFlush",
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Flush, Group: Flushes, Feeds: "flushes", With: batchEnd,
		Source: "sdk/trace/batch_span_processor.go"},
	// Shutdown of a component says that it stops, too.
	{Name: "shutdown", Symbol: sdkTrace + "(*batchSpanProcessor).Shutdown",
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Shutdown, Group: Components, Feeds: "flushes", With: batchEnd,
		Source: "sdk/trace/batch_span_processor.go"},
	{Name: "shutdown", Symbol: sdkTrace + "(*simpleSpanProcessor).Shutdown",
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Shutdown, Group: Components, Feeds: "flushes", With: simpleEnd,
		Source: "sdk/trace/simple_span_processor.go"},
	{Name: "metrics", Symbol: sdkMetric + "(*PeriodicReader).collectAndExport",
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Metrics, Group: Pipelines, Feeds: "pipelines", With: sdkMetric + "NewPeriodicReader",
		Source: "sdk/metric/periodic_reader.go"},
	{Name: "collect", Symbol: sdkMetric + "(*PeriodicReader).collect",
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Collect, Group: Pipelines, Feeds: "pipelines", With: sdkMetric + "NewPeriodicReader",
		Source: "sdk/metric/periodic_reader.go"},
	{Name: "logs", Symbol: sdkLog + "(*timeoutExporter).Export",
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Logs, Group: Pipelines, Feeds: "pipelines", With: sdkLog + "NewBatchProcessor",
		Source: "sdk/log/exporter.go"},
	{Name: "TracerProvider", Symbol: sdkTrace + "NewTracerProvider",
		At: atReturns, Do: bpfActionACTION_BUILT, Group: Components, Feeds: "components",
		Source: "sdk/trace/provider.go"},
	{Name: "batch span processor", Symbol: sdkTrace + "NewBatchSpanProcessor",
		At: atReturns, Do: bpfActionACTION_BUILT_AS, Group: Components, Feeds: "components",
		Source: "sdk/trace/batch_span_processor.go"},
	{Name: "MeterProvider", Symbol: sdkMetric + "NewMeterProvider",
		At: atReturns, Do: bpfActionACTION_BUILT, Group: Components, Feeds: "components",
		Source: "sdk/metric/provider.go"},
	{Name: "periodic metric reader", Symbol: sdkMetric + "NewPeriodicReader",
		At: atReturns, Do: bpfActionACTION_BUILT, Group: Components, Feeds: "components",
		Source: "sdk/metric/periodic_reader.go"},
	{Name: "LoggerProvider", Symbol: sdkLog + "NewLoggerProvider",
		At: atReturns, Do: bpfActionACTION_BUILT, Group: Components, Feeds: "components",
		Source: "sdk/log/provider.go"},
	{Name: "batch log processor", Symbol: sdkLog + "NewBatchProcessor",
		At: atReturns, Do: bpfActionACTION_BUILT, Group: Components, Feeds: "components",
		Source: "sdk/log/batch.go"},
	{Name: "stop", Symbol: sdkTrace + "(*TracerProvider).Shutdown",
		At: enter, Do: bpfActionACTION_STOPPED, Group: Components, Feeds: "components",
		Source: "sdk/trace/provider.go"},
	{Name: "stop", Symbol: sdkMetric + "(*MeterProvider).Shutdown",
		At: enter, Do: bpfActionACTION_STOPPED, Group: Components, Feeds: "components",
		Source: "sdk/metric/provider.go"},
	{Name: "stop", Symbol: sdkLog + "(*LoggerProvider).Shutdown",
		At: enter, Do: bpfActionACTION_STOPPED, Group: Components, Feeds: "components",
		Source: "sdk/log/provider.go"},
	{Name: "flush metrics", Symbol: sdkMetric + "(*PeriodicReader).ForceFlush",
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Flush, Group: Flushes, Feeds: "flushes", With: sdkMetric + "NewPeriodicReader",
		Source: "sdk/metric/periodic_reader.go"},
	{Name: "shutdown metrics", Symbol: sdkMetric + "(*PeriodicReader).Shutdown",
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Shutdown, Group: Components, Feeds: "flushes", With: sdkMetric + "NewPeriodicReader",
		Source: "sdk/metric/periodic_reader.go"},
	{Name: "flush logs", Symbol: sdkLog + "(*BatchProcessor).ForceFlush",
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Flush, Group: Flushes, Feeds: "flushes", With: sdkLog + "NewBatchProcessor",
		Source: "sdk/log/batch.go"},
	{Name: "shutdown logs", Symbol: sdkLog + "(*BatchProcessor).Shutdown",
		At: enterAndReturns, Do: bpfActionACTION_ENTER, Of: Shutdown, Group: Components, Feeds: "flushes", With: sdkLog + "NewBatchProcessor",
		Source: "sdk/log/batch.go"},
	// In versions that spin while an export is slow it may be called for each record that is
	// dropped: so it is not in the group of exports, which that could close.
	{Name: "dropped", Symbol: otelGlobal + "Warn",
		At: enter, Do: bpfActionACTION_DROPPED, Group: Components, Feeds: "pipelines.dropped", With: sdkLog + "NewBatchProcessor",
		Source: "internal/global/internal_logging.go, sdk/log/batch.go"},
	// The SDK calls it when it creates a tracer or a meter, and rarely otherwise.
	{Name: Created, Symbol: otelGlobal + "Info",
		At: enter, Do: bpfActionACTION_CREATING, Group: Components, Feeds: "components", With: otelGlobal + "Info",
		Source: "internal/global/internal_logging.go, sdk/trace/provider.go"},
	{Name: snapshot.Instrument, Symbol: otelGlobal + "(*meter).Int64Counter",
		At: enter, Do: bpfActionACTION_CREATING, Group: Components, Feeds: "components", With: otelGlobal + "(*meter).Int64Counter",
		Source: "internal/global/meter.go"},
	{Name: snapshot.SDKInstrument, Symbol: sdkMetric + "(*meter).Int64Counter",
		At: enter, Do: bpfActionACTION_CREATING, Group: Components, Feeds: "components", With: sdkMetric + "(*meter).Int64Counter",
		Source: "sdk/metric/meter.go"},
	{Name: snapshot.Instrument, Symbol: otelGlobal + "(*meter).Int64UpDownCounter",
		At: enter, Do: bpfActionACTION_CREATING, Group: Components, Feeds: "components", With: otelGlobal + "(*meter).Int64UpDownCounter",
		Source: "internal/global/meter.go"},
	{Name: snapshot.SDKInstrument, Symbol: sdkMetric + "(*meter).Int64UpDownCounter",
		At: enter, Do: bpfActionACTION_CREATING, Group: Components, Feeds: "components", With: sdkMetric + "(*meter).Int64UpDownCounter",
		Source: "sdk/metric/meter.go"},
	{Name: snapshot.Instrument, Symbol: otelGlobal + "(*meter).Int64Histogram",
		At: enter, Do: bpfActionACTION_CREATING, Group: Components, Feeds: "components", With: otelGlobal + "(*meter).Int64Histogram",
		Source: "internal/global/meter.go"},
	{Name: snapshot.SDKInstrument, Symbol: sdkMetric + "(*meter).Int64Histogram",
		At: enter, Do: bpfActionACTION_CREATING, Group: Components, Feeds: "components", With: sdkMetric + "(*meter).Int64Histogram",
		Source: "sdk/metric/meter.go"},
	{Name: snapshot.Instrument, Symbol: otelGlobal + "(*meter).Float64Counter",
		At: enter, Do: bpfActionACTION_CREATING, Group: Components, Feeds: "components", With: otelGlobal + "(*meter).Float64Counter",
		Source: "internal/global/meter.go"},
	{Name: snapshot.SDKInstrument, Symbol: sdkMetric + "(*meter).Float64Counter",
		At: enter, Do: bpfActionACTION_CREATING, Group: Components, Feeds: "components", With: sdkMetric + "(*meter).Float64Counter",
		Source: "sdk/metric/meter.go"},
	{Name: snapshot.Instrument, Symbol: otelGlobal + "(*meter).Float64Histogram",
		At: enter, Do: bpfActionACTION_CREATING, Group: Components, Feeds: "components", With: otelGlobal + "(*meter).Float64Histogram",
		Source: "internal/global/meter.go"},
	{Name: snapshot.SDKInstrument, Symbol: sdkMetric + "(*meter).Float64Histogram",
		At: enter, Do: bpfActionACTION_CREATING, Group: Components, Feeds: "components", With: sdkMetric + "(*meter).Float64Histogram",
		Source: "sdk/metric/meter.go"},
	// What builds a handler, a transport or an interceptor calls it, and may be inlined itself.
	{Name: Created, Symbol: otelHTTP + "newConfig",
		At: enter, Do: bpfActionACTION_CREATING, Group: Components, Feeds: "components", With: otelHTTP + "newConfig",
		Source: "config.go of module go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"},
	{Name: Created, Symbol: otelGRPC + "newConfig",
		At: enter, Do: bpfActionACTION_CREATING, Group: Components, Feeds: "components", With: otelGRPC + "newConfig",
		Source: "config.go of module go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"},
	{Name: "enqueue", Symbol: batchEnd,
		At: enter, Do: bpfActionACTION_ENQUEUE, Group: Discovery, Feeds: "processors",
		Source: "sdk/trace/batch_span_processor.go"},
	{Name: "enqueue", Symbol: simpleEnd,
		At: enter, Do: bpfActionACTION_SIMPLE, Group: Discovery, Feeds: "processors",
		Source: "sdk/trace/simple_span_processor.go"},
	{Name: "start", Symbol: sdkTrace + "(*tracer).Start",
		At: enter, Do: bpfActionACTION_COUNT, Group: Spans, Feeds: "spans.started",
		Source: "sdk/trace/tracer.go"},
	{Name: "end", Symbol: sdkTrace + "(*recordingSpan).End",
		At: enter, Do: bpfActionACTION_ENDED, Group: Spans, Feeds: "spans.started",
		Source: "sdk/trace/span.go"},
	// Start calls it once for each recorded span, as the last thing.
	{Name: "recording", Symbol: sdkTrace + "(*recordingSpan).runtimeTrace",
		At: enter, Do: bpfActionACTION_STARTED, Group: Spans, Feeds: "spans.sampled",
		Source: "sdk/trace/span.go"},
	{Name: "span", Symbol: batchEnd,
		At: enter, Do: bpfActionACTION_SPAN, Group: Spans, Feeds: "names",
		Source: "sdk/trace/batch_span_processor.go"},
	{Name: "span", Symbol: simpleEnd,
		At: enter, Do: bpfActionACTION_SPAN, Group: Spans, Feeds: "names",
		Source: "sdk/trace/simple_span_processor.go"},
	{Name: "emit", Symbol: sdkLog + "(*BatchProcessor).OnEmit",
		At: enter, Do: bpfActionACTION_EMIT, Group: Spans, Feeds: "pipelines.created", With: sdkLog + "NewBatchProcessor",
		Source: "sdk/log/batch.go"},
	{Name: "custom-processor", Symbol: anyProcessor,
		At: enter, Do: bpfActionACTION_COUNT, Group: Spans, Feeds: "spans.started", With: anyProcessor, Unprobed: snapshot.Unreceived,
		Source: "sdk/trace/span_processor.go"},
}

// signals are those of the functions that flush and shut down, by their rows' names.
var signals = map[string]string{
	"flush": snapshot.Traces, "shutdown": snapshot.Traces,
	"flush metrics": snapshot.Metrics, "shutdown metrics": snapshot.Metrics,
	"flush logs": snapshot.Logs, "shutdown logs": snapshot.Logs,
}

// signalOf is the signal of a row that flushes or shuts down; "" of other rows.
func signalOf(row uint32) string {
	if row >= uint32(len(catalogue)) {
		return ""
	}
	return signals[catalogue[row].Name]
}

// Created is the name of what is created, as the callers show: a tracer, an instrumentation, or
// something else.
const Created = "created"

// Feeds lists the figures of the report that the group's probes feed.
func (g Group) Feeds() []string {
	var figures []string
	for _, row := range catalogue {
		if row.Group == g && !slices.Contains(figures, row.Feeds) {
			figures = append(figures, row.Feeds)
		}
	}
	return figures
}

// Symbols lists the functions of all rows, and those that they are needed with.
func Symbols() []string {
	var symbols []string
	for _, row := range catalogue {
		symbols = append(symbols, row.Symbol)
	}
	for _, row := range catalogue {
		if row.With != "" && !slices.Contains(symbols, row.With) {
			symbols = append(symbols, row.With)
		}
	}
	return symbols
}

// Lookups lists the functions that are looked up in every program: Symbols, and the methods by
// which errors are known.
func Lookups() []string { return append(Symbols(), failure.Methods()...) }
