package export

import (
	"maps"
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/otelconv"
	"go.opentelemetry.io/otel/semconv/v1.43.0/processconv"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Metric is one row of the table: everything about a metric.
type Metric struct {
	Instrument
	Kind       Kind
	Attributes []attribute.Key // that its series may carry
	Source     string          // where the figure comes from, and when it is absent
	data       data
}

// Data is the metric's points of a cumulative Report; nil if the Report does not have the
// figure.
func (m Metric) Data(r report.Report) metricdata.Aggregation {
	return m.data(r).aggregation(r.Window, m.Kind)
}

// Instrument is what a semantic convention says of a metric. The types of
// go.opentelemetry.io/otel/semconv are Instruments, and so is own.
type Instrument interface {
	Name() string
	Unit() string
	Description() string
}

// own is a metric that no convention names.
type own struct{ name, unit, description string }

func (o own) Name() string        { return o.name }
func (o own) Unit() string        { return o.unit }
func (o own) Description() string { return o.description }

const (
	signalKey       = attribute.Key("otwatch.signal")
	tracingStage    = attribute.Key("otwatch.tracing.stage")
	scopeKey        = attribute.Key("otwatch.scope.name")
	stageKey        = attribute.Key("otwatch.signal.stage")
	estimateBound   = attribute.Key("otwatch.estimate.bound")
	findingID       = attribute.Key("otwatch.finding.id")
	findingSeverity = attribute.Key("otwatch.finding.severity")
)

// bounded95 explains the series of an estimate.
const bounded95 = " The series without `otwatch.estimate.bound` is the estimate; those with `low` and `high` are the bounds of its 95 % interval."

// errorQueueFull is the error.type that the convention has for spans dropped at a full
// queue. otelconv has no constant for it.
const errorQueueFull = otelconv.ErrorTypeAttr("queue_full")

var (
	ofComponent       = []attribute.Key{semconv.OTelComponentNameKey, semconv.OTelComponentTypeKey, overflow.Key}
	ofComponentErrors = append(slices.Clone(ofComponent), semconv.ErrorTypeKey)
	ofExporter        = append(slices.Clone(ofComponent), semconv.ServerAddressKey, semconv.ServerPortKey)
	ofExporterErrors  = append(slices.Clone(ofExporter), semconv.ErrorTypeKey)
	ofOperations      = append(slices.Clone(ofExporterErrors), semconv.RPCResponseStatusCodeKey, semconv.HTTPResponseStatusCodeKey)
)

// Metrics returns the table: every metric that otwatch exports, in the order of its
// documentation.
func Metrics() []Metric { return slices.Clone(metrics) }

var metrics = []Metric{
	{Instrument: otelconv.SDKSpanStarted{}, Kind: Counter, Attributes: []attribute.Key{semconv.OTelSpanParentOriginKey, semconv.OTelSpanSamplingResultKey}, data: numbers(spansStarted),
		Source: "Probes on the tracer. Absent unless every span was counted, because an estimate may fall from one export to the next. The series ends when the budget closes the probes. Without attributes if the SDK's version is not known."},
	{Instrument: otelconv.SDKSpanLive{}, Kind: UpDownCounter, data: numbers(spansLive),
		Source: "Spans started and not ended. Absent if it cannot be determined."},
	{Instrument: otelconv.SDKProcessorSpanProcessed{}, Kind: Counter, Attributes: ofComponentErrors, data: numbers(processed),
		Source: "Spans passed to the exporter; with `error.type` `queue_full`, the processor's own count of drops."},
	{Instrument: otelconv.SDKProcessorSpanQueueSize{}, Kind: UpDownCounter, Attributes: ofComponent, data: numbers(queueSize),
		Source: "Read from the processor's memory. Absent for a processor without a queue."},
	{Instrument: otelconv.SDKProcessorSpanQueueCapacity{}, Kind: UpDownCounter, Attributes: ofComponent, data: numbers(queueCapacity),
		Source: "Read from the processor's memory. Absent for a processor without a queue."},
	{Instrument: otelconv.SDKExporterSpanExported{}, Kind: Counter, Attributes: ofExporterErrors, data: numbers(exported),
		Source: "Probes on the exporter: spans that its calls delivered; with `error.type`, spans that were rejected or given up."},
	{Instrument: otelconv.SDKExporterSpanInflight{}, Kind: UpDownCounter, Attributes: ofExporter, data: numbers(inflight),
		Source: "Spans in calls of the exporter that have not returned."},
	{Instrument: otelconv.SDKExporterOperationDuration{}, Kind: Histogram, Attributes: ofOperations, data: histograms(operationDuration),
		Source: "Every call of an exporter of spans, metrics or logs that returned, including retries within the call; with `error.type` those that returned an error. Exports of metrics are without the preceding collection."},
	{Instrument: otelconv.SDKExporterMetricDataPointExported{}, Kind: Counter, Attributes: ofComponentErrors, data: numbers(recordsExported(snapshot.Metrics)),
		Source: "Data points collected by periodic metric readers; with `error.type`, those whose export failed. Absent for an exporter for which it cannot be read at every export."},
	{Instrument: otelconv.SDKExporterMetricDataPointInflight{}, Kind: UpDownCounter, Attributes: ofComponent, data: numbers(recordsInflight(snapshot.Metrics)),
		Source: "Data points collected by periodic metric readers whose exports have not returned."},
	{Instrument: otelconv.SDKExporterLogExported{}, Kind: Counter, Attributes: ofComponentErrors, data: numbers(recordsExported(snapshot.Logs)),
		Source: "Probes on the exports of batch processors of the log SDK; with `error.type`, records whose export failed."},
	{Instrument: otelconv.SDKExporterLogInflight{}, Kind: UpDownCounter, Attributes: ofComponent, data: numbers(recordsInflight(snapshot.Logs)),
		Source: "Records in exports of batch processors of the log SDK that have not returned."},
	{Instrument: otelconv.SDKLogCreated{}, Kind: Counter, data: numbers(recordsCreated),
		Source: "Records that the batch processor of the log SDK received. Absent unless every record was counted, and with more than one processor."},
	{Instrument: otelconv.SDKProcessorLogProcessed{}, Kind: Counter, Attributes: ofComponentErrors, data: numbers(recordsProcessed),
		Source: "Records that batch processors of the log SDK passed to their exporters, once the export has returned; with `error.type` `queue_full`, the processor's own count of drops, which is absent with more than one processor."},
	{Instrument: otelconv.SDKProcessorLogQueueSize{}, Kind: UpDownCounter, Attributes: ofComponent, data: numbers(recordQueues(func(q report.RecordQueue) uint64 { return q.Size })),
		Source: "Read from the memory of batch processors of the log SDK. Absent until a record has shown the processor."},
	{Instrument: otelconv.SDKProcessorLogQueueCapacity{}, Kind: UpDownCounter, Attributes: ofComponent, data: numbers(recordQueues(func(q report.RecordQueue) uint64 { return q.Capacity })),
		Source: "Read from the memory of batch processors of the log SDK. Absent until a record has shown the processor."},
	{Instrument: otelconv.SDKMetricReaderCollectionDuration{}, Kind: Histogram, Attributes: ofComponentErrors, data: histograms(collectionDuration),
		Source: "Every collection by a periodic metric reader that returned; with `error.type` `_OTHER`, those that returned an error."},
	{Instrument: processconv.CPUTime{}, Kind: Counter, Attributes: []attribute.Key{semconv.CPUModeKey}, data: numbers(processCPU),
		Source: "/proc, since otwatch attached."},
	{Instrument: processconv.MemoryUsage{}, Kind: UpDownCounter, data: numbers(processMemory),
		Source: "/proc, resident set size."},
	{Instrument: own{"otwatch.tracing.cpu.time", "s", "CPU time that tracing cost the process, by stage."},
		Kind: UpDownCounter, Attributes: []attribute.Key{tracingStage}, data: numbers(tracingCPU),
		Source: "CPU samples since otwatch attached, including garbage collection and transport that tracing caused. More samples may lower the estimate, so it is not a Counter."},
	{Instrument: own{"otwatch.tracing.cpu.share", "1", "Share of the process's CPU time that tracing cost."},
		Kind: Gauge, Attributes: []attribute.Key{estimateBound},
		data:   estimates(func(r report.Report) *estimate.Estimate { return r.CPU.Tracing.Share }),
		Source: "CPU samples since otwatch attached." + bounded95},
	{Instrument: own{"otwatch.opentelemetry.cpu.share", "1", "Share of the process's CPU time that OpenTelemetry cost: tracing, instrumentation, metrics and logs together."},
		Kind: Gauge, Attributes: []attribute.Key{estimateBound},
		data:   estimates(func(r report.Report) *estimate.Estimate { return r.CPU.OpenTelemetry.Share }),
		Source: "CPU samples since otwatch attached." + bounded95},
	{Instrument: own{"otwatch.span.cost", "s", "Mean CPU time that a started span cost the process."},
		Kind: Gauge, Attributes: []attribute.Key{estimateBound},
		data:   estimates(func(r report.Report) *estimate.Estimate { return inSeconds(r.Spans.CostUS) }),
		Source: "CPU time of tracing divided by the spans started." + bounded95},
	{Instrument: own{"otwatch.tracing.stage.cpu.share", "1", "Share of the process's CPU time that a stage of tracing cost."},
		Kind: Gauge, Attributes: []attribute.Key{tracingStage, estimateBound}, data: bounds(stageShares),
		Source: "CPU samples since otwatch attached." + bounded95},
	{Instrument: own{"otwatch.signal.stage.cpu.share", "1", "Share of the process's CPU time that a stage of a signal other than tracing cost: of `metrics` or `logs`."},
		Kind: Gauge, Attributes: []attribute.Key{signalKey, stageKey, estimateBound}, data: bounds(signalStageShares),
		Source: "CPU samples since otwatch attached." + bounded95},
	{Instrument: own{"otwatch.signal.cpu.share", "1", "Share of the process's CPU time that a signal cost: `traces`, `metrics` or `logs`."},
		Kind: Gauge, Attributes: []attribute.Key{signalKey, estimateBound}, data: bounds(signalShares),
		Source: "CPU samples since otwatch attached." + bounded95},
	{Instrument: own{"otwatch.instrumentation.cpu.share", "1", "Share of the process's CPU time that code takes which calls tracing and builds attributes, such as otelhttp. It would remain with a no-op provider."},
		Kind: Gauge, Attributes: []attribute.Key{estimateBound},
		data:   estimates(func(r report.Report) *estimate.Estimate { return r.CPU.Instrumentation }),
		Source: "CPU samples since otwatch attached." + bounded95},
	{Instrument: own{"otwatch.scope.cpu.share", "1", "Share of the process's CPU time that a library's calls of tracing take, and its own code if it is instrumentation; named by its instrumentation scope or its package."},
		Kind: Gauge, Attributes: []attribute.Key{scopeKey, overflow.Key, estimateBound}, data: bounds(scopeShares),
		Source: "CPU samples since otwatch attached, for the eight scopes with the most CPU time; the others are one series with `otel.metric.overflow`." + bounded95},
	{Instrument: own{"otwatch.scope.span.count", "{span}", "Spans of an instrumentation scope that ended."},
		Kind: UpDownCounter, Attributes: []attribute.Key{scopeKey, overflow.Key}, data: numbers(scopeSpans),
		Source: "The spans that ended, by the scopes of those read in probe windows. More of them may lower the estimate, so it is not a Counter."},
	{Instrument: own{"otwatch.span.started.rate", "{span}/s", "Spans that the process starts per second."},
		Kind: Gauge, Attributes: []attribute.Key{estimateBound},
		data:   estimates(func(r report.Report) *estimate.Estimate { return r.Spans.StartedRate }),
		Source: "Probe windows of the last minute." + bounded95},
	{Instrument: own{"otwatch.span.sampled.share", "1", "Share of the started spans that are recorded."},
		Kind: Gauge, Attributes: []attribute.Key{estimateBound},
		data:   estimates(func(r report.Report) *estimate.Estimate { return r.Spans.SampledShare }),
		Source: "Probe windows since otwatch attached." + bounded95},
	{Instrument: own{"otwatch.span.never_ended.share", "1", "Share of all recorded spans that are never ended."},
		Kind: Gauge, Attributes: []attribute.Key{estimateBound}, data: estimates(report.Report.NeverEnded),
		Source: "Spans that were followed in the last ten to twenty minutes. Absent if too few were." + bounded95},
	{Instrument: own{"otwatch.site.never_ended.share", "1", "Share of the recorded spans of one line of code that are never ended."},
		Kind: Gauge, Attributes: []attribute.Key{semconv.CodeFunctionNameKey, semconv.CodeFilePathKey, semconv.CodeLineNumberKey, estimateBound},
		data:   bounds(neverEndedBySite),
		Source: "The same, for the five lines with the most such spans." + bounded95},
	{Instrument: own{"otwatch.request.cost", "s", "Mean CPU time that tracing cost a request, which is a span without a parent in the process."},
		Kind: Gauge, Attributes: []attribute.Key{estimateBound},
		data:   estimates(func(r report.Report) *estimate.Estimate { return inSeconds(r.Request.CostUS) }),
		Source: "CPU time of tracing divided by the requests, since otwatch attached." + bounded95},
	{Instrument: own{"otwatch.request.blocked", "s", "Mean time for which a request waited for exports."},
		Kind: Gauge, Attributes: []attribute.Key{estimateBound},
		data:   estimates(func(r report.Report) *estimate.Estimate { return inSeconds(r.Request.BlockedUS) }),
		Source: "Exports by simple span processors, and calls of ForceFlush and Shutdown that come with requests, divided by the requests, since otwatch attached. Absent if the waiting cannot be measured." + bounded95},
	{Instrument: own{"otwatch.export.encoded.size", "By", "Encoded payloads of exported spans, before compression."},
		Kind: Counter, data: numbers(encodedSize),
		Source: "Each payload counts once, even if it was sent several times. Absent unless the size of each is known: not for other exporters than OTLP."},
	{Instrument: own{"otwatch.export.sent.size", "By", "Payloads of exported spans as they were sent."},
		Kind: Counter, data: numbers(sentSize), Source: "The same, after compression. Absent for OTLP over gRPC."},
	{Instrument: own{"otwatch.export.compression.ratio", "1", "Encoded size divided by the size as sent or, without compression, the ratio that gzip would achieve."},
		Kind: Gauge, Attributes: []attribute.Key{estimateBound}, data: estimates(compressionRatio),
		Source: "Payloads since otwatch attached. Absent for OTLP over gRPC." + bounded95},
	{Instrument: own{"otwatch.process.alloc.rate", "By/s", "Bytes that the process allocates on the heap per second."},
		Kind: Gauge, Attributes: []attribute.Key{estimateBound},
		data:   estimates(func(r report.Report) *estimate.Estimate { return r.Alloc.BytesPerSecond }),
		Source: "What garbage collections since otwatch attached reported." + bounded95},
	{Instrument: own{"otwatch.process.memory.growth", "By/s", "Trend of the process's resident memory."},
		Kind: Gauge, Attributes: []attribute.Key{estimateBound}, data: estimates(memoryGrowth),
		Source: "/proc, since otwatch attached. Absent for the first minutes." + bounded95},
	{Instrument: own{"otwatch.tracing.alloc.share", "1", "Share of the bytes allocated by the process that tracing allocates."},
		Kind: Gauge, Attributes: []attribute.Key{estimateBound},
		data:   estimates(func(r report.Report) *estimate.Estimate { return r.Alloc.TracingShare }),
		Source: "CPU samples within the allocator." + bounded95},
	{Instrument: own{"otwatch.probe.hits", "{hit}", "Hits of otwatch's probes in the process."},
		Kind: Counter, Source: "BPF.", data: count(func(p report.Probe) uint64 { return p.Hits })},
	{Instrument: own{"otwatch.probe.target.cpu.time", "s", "CPU time that otwatch's probes added to the process."},
		Kind: Counter, Source: "Hits times the cost of a hit.", data: seconds(func(p report.Probe) float64 { return p.TargetCPUSeconds })},
	{Instrument: own{"otwatch.probe.lost", "{record}", "Records and map entries lost for lack of space. While it grows, otwatch's counts are too low."},
		Kind: Counter, Source: "BPF.", data: count(func(p report.Probe) uint64 { return p.Lost })},
	{Instrument: own{"otwatch.probe.unmatched", "{call}", "Returns of probed calls whose start was not seen, for example because they were in progress when otwatch attached."},
		Kind: Counter, Source: "BPF.", data: count(func(p report.Probe) uint64 { return p.Unmatched })},
	{Instrument: own{"otwatch.agent.cpu.time", "s", "CPU time of otwatch itself."},
		Kind: Counter, Source: "/proc, for the whole otwatch process: the same for every watched process.",
		data: seconds(func(p report.Probe) float64 { return p.AgentCPUSeconds })},
	{Instrument: own{"otwatch.agent.memory.usage", "By", "Resident memory of otwatch itself."},
		Kind: UpDownCounter, Source: "/proc, for the whole otwatch process: the same for every watched process.", data: numbers(agentMemory)},
	{Instrument: own{"otwatch.finding.active", "{finding}", "Findings that hold now, by id and severity: 0 for one that was judged and does not hold."},
		Kind: Gauge, Attributes: []attribute.Key{findingID, findingSeverity, overflow.Key},
		Source: "The report's findings. Absent for findings that could not be judged; without a severity for those that never held.", data: numbers(findingsActive)},
}

// spansStarted has a point for each kind of span, or one for all if the kinds are not known.
func spansStarted(r report.Report) []point[int64] {
	started := r.Spans.Started
	if started == nil || !started.Exact {
		return nil
	}
	if r.Spans.StartedAs == nil {
		return single(int64(math.Round(started.Value)))
	}
	var points []point[int64]
	for _, of := range r.Spans.StartedAs {
		attributes := []attribute.KeyValue{semconv.OTelSpanSamplingResultKey.String(of.Sampling)}
		if of.Parent != "" {
			attributes = append(attributes, semconv.OTelSpanParentOriginKey.String(of.Parent))
		}
		points = append(points, point[int64]{attributes, int64(of.Spans)})
	}
	return points
}

func spansLive(r report.Report) []point[int64] {
	if r.Spans.Live == nil {
		return nil
	}
	return single(int64(math.Round(r.Spans.Live.Value)))
}

func processed(r report.Report) []point[int64] {
	var points []point[int64]
	for _, p := range processors(r) {
		points = append(points, point[int64]{p.attributes, int64(p.of.Spans.Processed)})
		// Without a queue nothing can be dropped, so zero would be no information.
		if p.of.Queue.Capacity != nil || p.of.Spans.Dropped > 0 {
			full := otelconv.SDKProcessorSpanProcessed{}.AttrErrorType(errorQueueFull)
			points = append(points, point[int64]{p.with(full), int64(p.of.Spans.Dropped)})
		}
	}
	return points
}

func queueSize(r report.Report) []point[int64] {
	return queues(r, func(q report.Queue) *uint64 { return q.Size })
}

func queueCapacity(r report.Report) []point[int64] {
	return queues(r, func(q report.Queue) *uint64 { return q.Capacity })
}

func queues(r report.Report, figure func(report.Queue) *uint64) []point[int64] {
	var points []point[int64]
	for _, p := range processors(r) {
		if n := figure(p.of.Queue); n != nil {
			points = append(points, point[int64]{p.attributes, int64(*n)})
		}
	}
	return points
}

func exported(r report.Report) []point[int64] {
	var points []point[int64]
	for i, e := range exporters(r) {
		points = append(points, records(e, e.of.Exported, e.of.Failed, kindsOf(i, e.of.Kinds))...)
	}
	return points
}

func inflight(r report.Report) []point[int64] {
	var points []point[int64]
	for _, e := range exporters(r) {
		points = append(points, point[int64]{e.attributes, int64(e.of.Inflight)})
	}
	return points
}

// tracingCPU has a point for each stage, in the order of their names.
func tracingCPU(r report.Report) []point[float64] {
	var points []point[float64]
	for _, stage := range slices.Sorted(maps.Keys(r.CPU.Stages)) {
		seconds := r.CPU.Stages[stage].Share.Value * r.CPU.ProcessSeconds
		points = append(points, point[float64]{[]attribute.KeyValue{tracingStage.String(stage)}, seconds})
	}
	return points
}

func processCPU(r report.Report) []point[float64] {
	return []point[float64]{
		{[]attribute.KeyValue{semconv.CPUModeUser}, r.CPU.UserSeconds},
		{[]attribute.KeyValue{semconv.CPUModeSystem}, r.CPU.SystemSeconds},
	}
}

func processMemory(r report.Report) []point[int64] { return resident(r.Memory.RSSBytes) }

func agentMemory(r report.Report) []point[int64] { return resident(r.Probe.AgentRSSBytes) }

// resident omits a size of zero: no process has it, so it was not read.
func resident(bytes uint64) []point[int64] {
	if bytes == 0 {
		return nil
	}
	return single(int64(bytes))
}

// count is a count of the Report's probe part.
func count(figure func(report.Probe) uint64) data {
	return numbers(func(r report.Report) []point[int64] { return single(int64(figure(r.Probe))) })
}

// seconds is a duration of the Report's probe part.
func seconds(figure func(report.Probe) float64) data {
	return numbers(func(r report.Report) []point[float64] { return single(figure(r.Probe)) })
}

func findingsActive(r report.Report) []point[int64] {
	var points []point[int64]
	for _, f := range findings(r) {
		points = append(points, point[int64]{f.attributes, f.of.active})
	}
	return points
}

// windowEnd is the time up to which a cumulative Report counts.
func windowEnd(w report.Window) time.Time {
	return w.Start.Add(time.Duration(w.Seconds * float64(time.Second)))
}
