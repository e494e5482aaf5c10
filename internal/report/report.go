package report

import (
	"encoding/json"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Schema names the form of a Report as JSON.
const Schema = "otwatch.report/v1"

// Report is the figures of one target over one window: the JSON form otwatch.report/v1.
// Figures that cannot be determined are null, and `missing` has the reason.
type Report struct {
	// Always "otwatch.report/v1".
	Schema string `json:"schema"`
	// The process.
	Target Target `json:"target"`
	// How the OpenTelemetry SDK is set up in it.
	Configuration Configuration `json:"configuration"`
	// The time that the figures cover.
	Window Window `json:"window"`
	// CPU time, and tracing's share of it.
	CPU CPU `json:"cpu"`
	// Counts of spans.
	Spans Spans `json:"spans"`
	// The queues of all batch processors together.
	Queue Queue `json:"queue"`
	// Each span processor of the SDK.
	Processors []Processor `json:"processors"`
	// The exports of spans, all exporters together.
	Export Export `json:"export"`
	// The exports of metrics and logs, one entry per signal.
	Pipelines []Pipeline `json:"pipelines"`
	// The calls of ForceFlush and Shutdown of the SDK's batch processors and metric readers, one
	// entry per signal and function. Callers wait for the export.
	Flushes []Flush `json:"flushes"`
	// Resident memory.
	Memory Memory `json:"memory"`
	// Allocations.
	Alloc Alloc `json:"alloc"`
	// Findings: causes first, then in the order of findings.md, then past ones.
	Findings []Finding `json:"findings"`
	// The most frequent span names, 20 at most.
	Names []Name `json:"names"`
	// The instrumentation scopes, and the libraries that call tracing, those with the most CPU
	// time first, 20 at most.
	Scopes []Scope `json:"scopes"`
	// The attributes whose next value is most likely a new one, 20 at most.
	Attributes []Attribute `json:"attributes"`
	// The lines of the application that cost most, 20 at most.
	Sites []Site `json:"sites"`
	// The lines that start spans, those with the most spans that are never ended first, 20
	// at most.
	Leaks []Leak `json:"leaks"`
	// The lines that build components of the SDK, as far as that was observed, those with the
	// most that are not shut down first, 20 at most.
	Components []Component `json:"components"`
	// What lives of the SDK's components, and of client connections, built before the attach or
	// later: by the goroutine that each has, from the last reading of the runtime's list of
	// goroutines. Kinds without any are left out.
	Living []Living `json:"living"`
	// The slices and maps in which span processors and exporters of the program's own keep spans,
	// those of package tracetest included: the ones that their fields lead to, those with the most
	// entries first, 8 at most.
	Kept []Kept `json:"kept"`
	// Breakpoints in the process's code that are not otwatch's, as uprobes of other tools and
	// debuggers have them. Those where otwatch has probes too, as another otwatch has, are not
	// among them. Null if they were not looked for.
	ForeignProbes *ForeignProbes `json:"foreign_probes"`
	// What watching cost, and what it missed.
	Probe Probe `json:"probe"`
	// The cost of tracing per request.
	Request Request `json:"request"`
	// The figures that cannot be determined, with the reason.
	Missing []snapshot.Missing `json:"missing"`
	// The figures that contradict others, with the reason. Their intervals are wider for that.
	Doubted []snapshot.Missing `json:"doubted"`
	Judged  []string           `json:"-"` // ids of the findings that were judged, for metrics
	// silenced are findings that rest on figures which contradict each other.
	silenced []snapshot.Missing
}

// Target is the observed process.
type Target struct {
	// Process id, as on the host.
	PID int `json:"pid"`
	// Path of the executable, in the mount namespace of the process.
	Exe string `json:"exe"`
	// The service.name of the Resource that its SDK sends, or the name otwatch derives from
	// the environment, the systemd unit or the executable.
	ServiceName string `json:"service_name"`
	// Go release that built it, as in go1.26.8.
	GoVersion string `json:"go_version"`
	// Version of go.opentelemetry.io/otel/sdk, as in v1.47.0. Empty if the build information
	// has none.
	SDKVersion string `json:"sdk_version"`
	// Architecture, as in GOARCH.
	Arch string `json:"arch"`
	// The executable has no symbol table.
	Stripped bool `json:"stripped"`
	// The executable is position-independent.
	PIE bool `json:"pie"`
	// Id of its container. Null if it runs in none.
	ContainerID *string `json:"container_id"`
	// What Docker or Podman call its container. Null if neither runs it, or that is not known.
	ContainerName *string `json:"container_name"`
	// Where in a Kubernetes cluster it runs. Null if it runs in no pod.
	Kubernetes *Kubernetes `json:"kubernetes"`
	// Name of the systemd service that it runs in, as in checkout.service. Empty if it runs in none
	// of the system's, or in a container.
	SystemdUnit string `json:"systemd_unit"`
	// Its SDK sends metrics of its own, otel.sdk.*. Then otwatch does not send these.
	SelfObserved bool            `json:"self_observed"`
	Origin       snapshot.Target `json:"-"` // for the metrics' Resource
	// Names of the OTEL_* variables that are set. Null if the environment was not read.
	Configured []string `json:"configured"`
}

// Kubernetes is where in a cluster a process runs. The names come from the container runtime or
// the kubelet, or else from the environment of the process. They are empty where they are not
// known.
type Kubernetes struct {
	// Namespace of its pod.
	Namespace string `json:"namespace"`
	// Name of its pod.
	Pod string `json:"pod"`
	// Uid of its pod.
	PodUID string `json:"pod_uid"`
	// Name of its container in the pod.
	Container string `json:"container"`
	// Name of the node, from the environment of the process.
	Node string `json:"node"`
	// Kind of the workload that made the pod: deployment, statefulset, daemonset or job.
	OwnerKind string `json:"owner_kind"`
	// Name of that workload.
	Owner string `json:"owner"`
}

// The ways in which the SDK is set up.
const (
	ByVariables = "variables"
	ByCode      = "code"
	ByFile      = "file"
)

// Where a setting comes from.
const (
	FromDefault     = "default"
	FromEnvironment = "environment"
	FromCode        = "code"
	FromFile        = "file"
)

// Configuration is how the OpenTelemetry SDK is set up, as far as that is known.
type Configuration struct {
	// By what it is set up: variables, code or file, the most likely first. Empty if nothing is
	// known.
	By []string `json:"by"`
	// Environment variable that names the configuration file. Empty if there is none, or if no
	// package of the program reads it.
	FileVariable string `json:"file_variable"`
	// Version of the form of that file, as the package that reads it expects it: 0.2, 0.3 or 1.0.
	// Empty if the program has no such package.
	FileSchema string `json:"file_schema"`
	// The settings that were read in memory.
	Settings []ConfiguredSetting `json:"settings"`
}

// ConfiguredSetting is a setting of components of the SDK that have one value for it.
type ConfiguredSetting struct {
	// The setting, by its environment variable.
	Variable string `json:"variable"`
	// The components that have it: sampler, or the otel.component.name of processors or exporters.
	Components []string `json:"components"`
	// The value that it runs with, as the variable would have it. A sampler has its argument after
	// a space, and others than the SDK's are named by their Go types.
	Value string `json:"value"`
	// Where it comes from: environment; default, if no variable is set; file; or code, if it differs
	// from what the environment gives. Empty if that is not known, as if the variable has a value
	// that may be a secret.
	Origin string `json:"origin"`
	// Functions of the program that call options for it, as far as they are known.
	Callers []string `json:"callers"`
}

// Window is the time that a report covers.
type Window struct {
	// Start of the window.
	Start time.Time `json:"start"`
	// Length of the window.
	Seconds float64 `json:"seconds" unit:"s"`
}

// CPU is the CPU time of the process, and the part of it that OpenTelemetry takes.
type CPU struct {
	// CPU time of the process, in user and kernel mode together.
	ProcessSeconds float64 `json:"process_seconds" unit:"s"`
	UserSeconds    float64 `json:"-"`
	SystemSeconds  float64 `json:"-"`
	// OpenTelemetry's part: the sum of tracing, instrumentation, metrics and logs. Its interval
	// is not the sum of theirs, since they are estimated from the same samples.
	OpenTelemetry Share `json:"opentelemetry"`
	// Tracing's part.
	Tracing Share `json:"tracing"`
	// Tracing's part by stage. Direct stages are create, attributes, end, sampling,
	// propagation, batch, serialize, compress, send and retry; indirect stages are transport,
	// gc and scheduler. Stages without cost are absent.
	Stages map[string]Portion `json:"stages"`
	// Fraction of the CPU time taken by code that calls tracing, such as otelhttp, that builds
	// attributes, and by the API of tracing, with the garbage collection and scheduling that
	// they cause. It would remain with a no-op provider, so it is not a part of `cpu.tracing`.
	// Null if there are fewer than 30 CPU samples.
	Instrumentation *estimate.Estimate `json:"instrumentation" unit:"0..1"`
	// Instrumentation's part by stage: library (its own code), api, gc and scheduler. Stages
	// without cost are absent.
	InstrumentationStages map[string]Portion `json:"instrumentation_stages"`
	// Fraction of the CPU time taken by recording, collecting and exporting metrics, with the
	// garbage collection, transport and scheduling that they cause. It is not a part of
	// `cpu.tracing`. Null if there are fewer than 30 CPU samples.
	Metrics *estimate.Estimate `json:"metrics" unit:"0..1"`
	// Metrics' part by stage: record, collect (with the callbacks of instruments), export,
	// exemplars, transport, gc and scheduler. Stages without cost are absent.
	MetricsStages map[string]Portion `json:"metrics_stages"`
	// Fraction of the CPU time taken by making, batching and exporting log records, in the SDK,
	// in bridges and in exporters, with the garbage collection, transport and scheduling that
	// they cause. Null if there are fewer than 30 CPU samples.
	Logs *estimate.Estimate `json:"logs" unit:"0..1"`
	// Logs' part by stage: emit (bridges and the API), batch, serialize, compress, send, retry,
	// transport, gc and scheduler. Stages without cost are absent.
	LogsStages map[string]Portion `json:"logs_stages"`
	// Fraction of the periods of a CPU quota in which the process was throttled because the
	// quota was used up. Null if no cgroup of the process is known to have a CPU quota.
	ThrottledShare *float64 `json:"throttled_share" unit:"0..1"`
	// How long threads of the process waited for a CPU, throttled or behind other threads, for
	// each second that they ran. Null if the kernel does not say.
	RunDelay *float64 `json:"run_delay" unit:"s/s"`
}

// Share is the part of the CPU time of the process that OpenTelemetry, or tracing, takes.
type Share struct {
	// CPU time. Null if there are fewer than 30 CPU samples.
	Seconds *estimate.Estimate `json:"seconds" unit:"s"`
	// The same as a fraction of the CPU time of the process. Null if there are fewer than 30
	// CPU samples.
	Share *estimate.Estimate `json:"share" unit:"0..1"`
	// Fraction taken by its own code. Null if there are fewer than 30 CPU samples.
	Direct *estimate.Estimate `json:"direct" unit:"0..1"`
	// Fraction taken by the garbage collection, transport and scheduling that it causes.
	// Null if there are fewer than 30 CPU samples.
	Indirect *estimate.Estimate `json:"indirect" unit:"0..1"`
}

// Portion is the part of one stage.
type Portion struct {
	// Fraction of the CPU time of the process. Null if the counts contradict each other.
	Share *estimate.Estimate `json:"share" unit:"0..1"`
	// direct: own code; indirect: work that it causes elsewhere.
	Kind string `json:"kind"`
	// How the share was worked out.
	Method string `json:"method"`
}

// Spans is the number of spans in the window, and their mean cost and size.
type Spans struct {
	// Spans started. Null if no probe counted starts for long enough.
	Started *estimate.Estimate `json:"started" unit:"spans"`
	// Recorded spans that ended. Null if the spans exported, failed and dropped are not all
	// known, or if spans end that no processor receives.
	Ended *estimate.Estimate `json:"ended" unit:"spans"`
	// Spans started that are recorded. Null if recorded spans were not counted, or if
	// `spans.started` is null.
	Sampled *estimate.Estimate `json:"sampled" unit:"spans"`
	// Spans that ended and were recorded without being sampled, which the SDK's processors
	// discard. Null if `spans.ended` is null, or if no window counted them.
	RecordedOnly *estimate.Estimate `json:"recorded_only" unit:"spans"`
	// Spans in exports that succeeded, except those that a no-op exporter discarded. Null if
	// exports are not counted.
	Exported *estimate.Estimate `json:"exported" unit:"spans"`
	// Spans in exports that failed. Null if exports are not counted.
	Failed *estimate.Estimate `json:"failed" unit:"spans"`
	// Spans that processors dropped. Null if no processor is known.
	Dropped *estimate.Estimate `json:"dropped" unit:"spans"`
	// Spans open at the end of the window. Null unless otwatch has watched the process from its
	// first instruction on, as `otwatch run` does, and both `spans.started` and `spans.ended` are
	// exact: spans that were open when otwatch attached cannot be counted.
	Live *estimate.Estimate `json:"live" unit:"spans"`
	// Mean CPU time of tracing per span started. Null if `cpu.tracing.seconds` or
	// `spans.started` is null or 0.
	CostUS *estimate.Estimate `json:"cost_us" unit:"µs"`
	// Mean length of the text in the attributes of a span. Null if fewer than 20 spans were
	// read in the queues of batch processors.
	AttributeBytes *estimate.Estimate `json:"attribute_bytes" unit:"bytes"`
	// Spans that batch processors still held when the process ended; 0 while it runs. Null if
	// exports or processors could not be read.
	LostAtExit *estimate.Estimate `json:"lost_at_exit" unit:"spans"`

	SampledShare *estimate.Estimate `json:"-"` // share of the spans started that are recorded
	StartedRate  *estimate.Estimate `json:"-"` // spans started per second in the last minute
	StartedAs    []StartedSpans     `json:"-"` // nil unless each started span was counted and read
}

// StartedSpans is how many spans were started with one origin of the parent, which is not known of
// spans that are not recorded, and one result of sampling.
type StartedSpans struct {
	Parent, Sampling string
	Spans            uint64
}

// Queue is the state of the queues of batch processors.
type Queue struct {
	// Length at the end of the window. Null if there is no batch processor.
	Size *uint64 `json:"size" unit:"spans"`
	// Length at which spans are dropped, or callers wait. Null if there is no batch processor.
	Capacity *uint64 `json:"capacity" unit:"spans"`
	// Longest length observed. Null if there is no batch processor.
	Peak *uint64 `json:"peak" unit:"spans"`
	// Size divided by capacity. Null if there is no batch processor, or if the capacity is 0.
	Utilization *float64 `json:"utilization" unit:"0..1"`
}

// Processor is one span processor of the SDK.
type Processor struct {
	// The otel.component.name in the SDK's own metrics.
	Name string `json:"name"`
	// batch or simple.
	Kind string `json:"kind"`
	// The otel.component.name of its exporter. Empty if the exporter is not known.
	Exporter string `json:"exporter"`
	// Its queue. A simple processor has none: all four figures are null.
	Queue Queue `json:"queue"`
	// The options it runs with. Null if it is a simple processor.
	Settings *Settings `json:"settings"`
	// Its calls of ForceFlush and Shutdown, if there were any.
	Calls []Function     `json:"calls"`
	Spans ProcessorSpans `json:"-"`
}

// Calls is the calls of one function.
type Calls struct {
	// Calls that returned.
	Operations uint64 `json:"operations" unit:"calls"`
	// Calls that returned an error.
	Failed uint64 `json:"failed" unit:"calls"`
	// Duration of the calls.
	DurationMS Quantiles `json:"duration_ms"`
}

// Function is the calls of one function, with its name.
type Function struct {
	// ForceFlush or Shutdown.
	Name string `json:"function"`
	Calls
}

// Flush is the calls of ForceFlush, or of Shutdown, of one signal.
type Flush struct {
	// traces, metrics or logs.
	Signal string `json:"signal"`
	Function
	// The lines that make these calls, the most frequent first, 16 at most.
	Sites []FlushSite `json:"sites"`
}

// FlushSite is a line of code that flushes or shuts a component down.
type FlushSite struct {
	// Function that the line is in.
	Function string `json:"function"`
	// Source file. Empty if it is not known.
	File string `json:"file"`
	// Line number. 0 if it is not known.
	Line int `json:"line"`
	// Where the function was called from. Empty if it is not known.
	Caller string `json:"caller"`
	// Module that the line is in, with its version. Empty if it is the main module, or if the
	// source file does not have the version in its path.
	Module string `json:"module"`
	// Innermost function of the program's own code that the call came from, with file and
	// line. Empty if it is not known, or if the line itself is in the program's own code.
	OwnCode string `json:"own_code"`
	// Fraction of the calls whose caller was recorded.
	OfCalls float64 `json:"of_calls" unit:"0..1"`
}

// Pipeline is the exports of metrics or logs. A call that exports metrics includes
// collecting them.
type Pipeline struct {
	// metrics or logs.
	Signal string `json:"signal"`
	Calls
	// Data points or log records in an export.
	Batch Batch `json:"batch"`
	// Log records that batch processors received. Null for metrics, or if too few windows
	// have counted them.
	Created *estimate.Estimate `json:"created" unit:"records"`
	// Of these, the ones that have not been handed to an exporter: they were dropped, or wait
	// in the queue. Null if `pipelines.created` is null.
	NotExported *estimate.Estimate `json:"not_exported" unit:"records"`
	// Log records that batch processors dropped because their queues were full, as they count
	// themselves. Null for metrics, or if that was not observed all the time.
	Dropped *estimate.Estimate `json:"dropped" unit:"records"`
	// The queues of log batch processors, added up. Null for metrics, or until a record has shown
	// the processor.
	Queue *RecordQueue `json:"queue"`
	// Why exports failed: the most frequent first, 16 at most.
	Errors []ExportError `json:"errors"`

	Exporters []PipelineExporter `json:"-"`
}

// RecordQueue is the queue of log batch processors.
type RecordQueue struct {
	// Length at the end of the window.
	Size uint64 `json:"size" unit:"records"`
	// Length at which records are dropped, the oldest first.
	Capacity uint64 `json:"capacity" unit:"records"`
	// Longest length observed.
	Peak uint64 `json:"peak" unit:"records"`
}

// PipelineExporter is one exporter's part of a Pipeline, for otwatch's metrics. Unless Sized,
// the number of records is unknown for some exports. What failed is not in Durations and
// Collections.
type PipelineExporter struct {
	Name      string
	Component string
	Source    string // otel.component.name of the metric reader or log processor
	Sized     bool
	Exported  uint64
	Failed    uint64
	Inflight  uint64
	Durations snapshot.Histogram
	Failures  snapshot.Histogram
	Kinds     []snapshot.FailureKind
	Queue     *RecordQueue // nil if it is not known
	Dropped   *uint64      // by the only processor; nil if it is not known

	Collections, FailedCollections snapshot.Histogram
}

// Settings is the options that a batch processor runs with.
type Settings struct {
	// Capacity of the queue.
	MaxQueueSize uint64 `json:"max_queue_size" unit:"spans"`
	// Size of the largest export.
	MaxExportBatchSize uint64 `json:"max_export_batch_size" unit:"spans"`
	// Longest wait before an export.
	BatchTimeoutMS int64 `json:"batch_timeout_ms" unit:"ms"`
	// Longest duration of an export.
	ExportTimeoutMS int64 `json:"export_timeout_ms" unit:"ms"`
	// Callers wait while the queue is full; otherwise spans are dropped.
	Blocking bool `json:"blocking"`
}

// ProcessorSpans counts the spans of one processor over the window, for otwatch's metrics.
type ProcessorSpans struct {
	Processed uint64 // handed to the exporter
	Dropped   uint64
}

// Export is the exports of spans. If exports are not counted, no figure of it is known, and
// `missing` has `export`.
type Export struct {
	// Calls of ExportSpans that returned. If `export.observed` is below 1, this and the other
	// counts are estimates: each call that was observed counts as often as it stands for. Null
	// if exports are not counted.
	Operations uint64 `json:"operations" unit:"calls"`
	// The same with its interval. Null if exports are not counted.
	OperationsEstimate *estimate.Estimate `json:"operations_estimate" unit:"calls"`
	// Fraction of the window in which exports were observed. It is below 1 if counting all of
	// them would cost the process more than the budget. Null if exports are not counted.
	Observed *float64 `json:"observed" unit:"0..1"`
	// Calls of ExportSpans that returned an error. Null if exports are not counted.
	Failed uint64 `json:"failed" unit:"calls"`
	// Waits before another attempt. Null if they were not counted during the whole window.
	Retried *uint64 `json:"retried" unit:"waits"`
	// Time spent in these waits. Null if exports are not counted.
	BackoffSeconds float64 `json:"backoff_seconds" unit:"s"`
	// Duration of the calls. Quantiles are of the latest calls, the maximum is of all.
	DurationMS Quantiles `json:"duration_ms"`
	// The same quantiles with their intervals.
	DurationEstimateMS QuantileEstimates `json:"duration_estimate_ms"`
	// Spans in an export.
	Batch Batch `json:"batch"`
	// Encoded payloads before compression, each counted once even if it was sent several
	// times. Null if the size of a payload is not known, or if no export ended in the window.
	Bytes *uint64 `json:"bytes" unit:"bytes"`
	// Compression of the payloads. Null if `export.bytes` is null, or if spans are exported
	// over gRPC.
	Compression *Compression `json:"compression"`
	// Each exporter of spans.
	Exporters []Exporter `json:"exporters"`
	// Why exports failed, and what receivers said of partial successes: the most frequent first,
	// 16 at most.
	Errors []ExportError `json:"errors"`
}

// ExportError is the errors of one exporter that are of one class.
type ExportError struct {
	// The otel.component.name of the exporter, or metrics or logs.
	Exporter string `json:"exporter"`
	// refused, no-such-host, bad-endpoint, unreachable, closed, tls, certificate, protocol, deadline,
	// canceled, http, grpc, too-large, not-utf8, throttled, retryable, partial, other or unread.
	Class string `json:"class"`
	// Text of the latest such error, of 1 KiB at most, without credentials and queries of
	// URLs. Of class partial, the receiver's message. Empty if it could not be read.
	Text string `json:"text"`
	// Why the text could not be read. Empty if it was.
	Why string `json:"why"`
	// HTTP status, or code of gRPC. Empty if the text has none.
	Code string `json:"code"`
	// Path that was asked over HTTP. Empty if it is not known.
	Path string `json:"path"`
	// Exports that returned such an error, or that the receiver took in part.
	Count uint64 `json:"count" unit:"calls"`
	// When the first one returned. Absent if it is not known.
	First time.Time `json:"first,omitzero"`
	// When the latest one returned. Absent if it is not known.
	Last time.Time `json:"last,omitzero"`
}

// Counted reports whether exports are counted. If not, the counts are 0, but null in JSON.
func (e Export) Counted() bool { return e.OperationsEstimate != nil || e.Operations > 0 }

// Calls is the number of calls with its interval.
func (e Export) Calls() *estimate.Estimate {
	if e.OperationsEstimate == nil {
		return estimate.Counted(e.Operations)
	}
	return e.OperationsEstimate
}

// MarshalJSON writes null for counts that are not known.
func (e Export) MarshalJSON() ([]byte, error) {
	type figures Export
	if e.Counted() {
		return json.Marshal(figures(e))
	}
	return json.Marshal(struct {
		Operations     *uint64  `json:"operations"`
		Failed         *uint64  `json:"failed"`
		BackoffSeconds *float64 `json:"backoff_seconds"`
		figures
	}{figures: figures(e)})
}

// Compression is the size of the payloads as sent, and what compression saves.
type Compression struct {
	// Payloads are compressed.
	On bool `json:"on"`
	// Payloads as sent.
	SentBytes uint64 `json:"sent_bytes" unit:"bytes"`
	// Encoded size divided by sent size. If compression is off, the ratio that gzip would
	// achieve. Null if nothing was sent.
	Ratio *estimate.Estimate `json:"ratio" unit:"ratio"`
	// Bytes that compression saved. If compression is off, bytes that gzip would save. Null if
	// nothing was sent.
	SavedBytes *estimate.Estimate `json:"saved_bytes" unit:"bytes"`
}

// Quantiles is how the durations of calls are distributed.
type Quantiles struct {
	// Median. Null if no call ended in the window, or if such calls take longer than exports are
	// observed within the budget.
	P50 *float64 `json:"p50" unit:"ms"`
	// 90th percentile. Null if no call ended in the window, or if such calls take longer than exports are
	// observed within the budget.
	P90 *float64 `json:"p90" unit:"ms"`
	// 99th percentile. Null if no call ended in the window, or if such calls take longer than exports are
	// observed within the budget.
	P99 *float64 `json:"p99" unit:"ms"`
	// Longest duration observed. Null if no call ended in the window.
	Max *float64 `json:"max" unit:"ms"`
}

// QuantileEstimates are quantiles of durations with their intervals. They are exact if
// `export.observed` is 1.
type QuantileEstimates struct {
	// Median. Null if it is not known, or if too few exports were observed to bound it.
	P50 *estimate.Estimate `json:"p50" unit:"ms"`
	// 90th percentile. Null if it is not known, or if too few exports were observed to bound it.
	P90 *estimate.Estimate `json:"p90" unit:"ms"`
	// 99th percentile. Null if it is not known, or if too few exports were observed to bound it.
	P99 *estimate.Estimate `json:"p99" unit:"ms"`
}

// Batch is the size of exports: spans, data points or log records.
type Batch struct {
	// Mean size. Null if no export ended in the window, or if the sizes are not known.
	Mean *float64 `json:"mean" unit:"records"`
	// Largest size. Null if no export ended in the window, or if the sizes are not known.
	Max *uint64 `json:"max" unit:"records"`
}

// Exporter is one exporter of spans.
type Exporter struct {
	// The otel.component.name in the SDK's own metrics.
	Name string `json:"name"`
	// Where it sends to: host and port, or a URL, without credentials and query. Null if that
	// is not kept where otwatch could read it.
	Target    *string            `json:"target"`
	Component string             `json:"-"`
	Exported  uint64             `json:"-"`
	Failed    uint64             `json:"-"`
	Inflight  uint64             `json:"-"`
	Durations snapshot.Histogram `json:"-"` // of calls that succeeded
	Failures  snapshot.Histogram `json:"-"` // of calls that returned an error

	Kinds []snapshot.FailureKind `json:"-"` // of what failed
}

// Memory is the resident memory of the process.
type Memory struct {
	// Resident memory at the end of the window.
	RSSBytes uint64 `json:"rss_bytes" unit:"bytes"`
	// How fast it grows. Null if memory was read for less than three minutes.
	GrowthBytesPerMinute *estimate.Estimate `json:"growth_bytes_per_minute" unit:"bytes/min"`
}

// Alloc is what the process allocates on the heap.
type Alloc struct {
	// Bytes allocated per second. Null if there were fewer than two garbage collections since
	// otwatch attached.
	BytesPerSecond *estimate.Estimate `json:"bytes_per_second" unit:"bytes/s"`
	// Fraction of these bytes that tracing allocates. Null if fewer than 30 CPU samples are of
	// allocations.
	TracingShare *estimate.Estimate `json:"tracing_share" unit:"0..1"`
}

// Advice is a change to make.
type Advice struct {
	// What to change, in one sentence.
	Title string `json:"title"`
	// Ways in which a setting can be changed, the most likely first: variables, code or file. Each
	// of them is enough. Empty if the advice is about no setting.
	By []string `json:"by"`
	// Environment variables that make the change. Empty if they would not take effect, or if the
	// advice is about no setting.
	Env map[string]string `json:"env"`
	// Go code that makes the change: statements, if any, and options. Packages have their last
	// names, as trace for go.opentelemetry.io/otel/sdk/trace. Empty if the code does not decide.
	Go []string `json:"go"`
	// Lines for the configuration file of otelconf that make the change, in the form of the
	// package's version. Empty if the program has no such file.
	YAML string `json:"yaml"`
	// Functions of the program that set such options, or build what has them, three at most.
	Where []string `json:"where"`
	// Figures expected after the change, by the names that `otwatch compare` uses. Empty if
	// there is no forecast.
	Expected map[string]float64 `json:"expected" unit:"by name"`
	// Wanted are the settings to reach, by their variables, whichever way is open.
	Wanted map[string]string `json:"-"`
}

// Name is a span name within an instrumentation scope.
type Name struct {
	// Name of the instrumentation scope, cut off after 64 bytes.
	Scope string `json:"scope"`
	// Name of the spans, cut off after 64 bytes.
	Name string `json:"name"`
	// Fraction of all spans. Null if the counts contradict each other.
	Share *estimate.Estimate `json:"share" unit:"0..1"`
	// Mean number of attributes of a span.
	AttributesPerSpan float64 `json:"attributes_per_span" unit:"attributes"`
	// Fraction of the process's CPU time: tracing's own work below the functions that start the
	// spans, without processors' goroutines, exports and garbage collection. Null if one of the
	// functions starts spans of other names too, is a library's, or was not sampled in such work, if
	// no such span was followed from its start, or with fewer than 30 CPU samples.
	CPUShare *estimate.Estimate `json:"cpu_share" unit:"0..1"`
	// The same per span. Null if `names.cpu_share` or `spans.ended` is null.
	CostUS *estimate.Estimate `json:"cost_us" unit:"µs"`
}

// Scope is an instrumentation scope with the library whose code starts its spans, or one of the
// two if it is not known which belongs to it.
type Scope struct {
	// Name of the scope, cut off after 64 bytes unless it is the library's. Empty if the scope
	// of the library is not known.
	Name string `json:"name"`
	// Package whose code starts the spans. Empty if it is not known: CPU samples show packages,
	// spans show scopes, and they are joined where a scope is named after the package, or where
	// only that package starts spans with the names of the scope.
	Library string `json:"library"`
	// Version of the library's module. Empty if it is not known, or if it is the main module.
	Version string `json:"version"`
	// Spans of the scope that ended. Null if the library's scope is not known, or if
	// `spans.ended` is null.
	Spans *estimate.Estimate `json:"spans" unit:"spans"`
	// Spans per request, which is a span without a parent in the process. Null if no local root
	// was read.
	PerRequest *estimate.Estimate `json:"per_request" unit:"spans"`
	// Mean number of attributes of a span. Null if the library's scope is not known.
	AttributesPerSpan *float64 `json:"attributes_per_span" unit:"attributes"`
	// Fraction of the CPU time of the process that the library's calls of tracing take, and its
	// own code if it is instrumentation such as otelhttp. The garbage collection and scheduling
	// that it causes, and what tracing does on goroutines of its own, such as exports, are not
	// in it. Null if the library is not known, if it starts spans of several scopes, or if there
	// are fewer than 30 CPU samples.
	Share *estimate.Estimate `json:"share" unit:"0..1"`
	// That CPU time per span of the scope. Null if `spans` or `share` is null.
	CostUS *estimate.Estimate `json:"cost_us" unit:"µs"`
	// Fraction of the bytes allocated by the process that are allocated in that time. Null if
	// fewer than 30 CPU samples are of allocations.
	AllocShare *estimate.Estimate `json:"alloc_share" unit:"0..1"`
}

// Title names the scope, or else its library.
func (s Scope) Title() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Library
}

// Attribute is a key of the attributes of spans, with the number of different values. Values
// are not kept.
type Attribute struct {
	// The key.
	Key string `json:"key"`
	// Different values among the last `new.n` spans that were read.
	Distinct uint64 `json:"distinct" unit:"values"`
	// Different values in total, at least.
	AtLeast float64 `json:"at_least" unit:"values"`
	// Probability that the next span has a value not seen before. Null if the counts
	// contradict each other.
	New *estimate.Estimate `json:"new" unit:"0..1"`
}

// Site is a line of the application that calls tracing.
type Site struct {
	// Function that the line is in.
	Function string `json:"function"`
	// Source file. Empty if it is not known.
	File string `json:"file"`
	// Line number. 0 if it is not known.
	Line int `json:"line"`
	// Module that the line is in, with its version, as in `example.org/router@v1.2.3`. Empty
	// if it is the main module, or if the source file does not have the version in its path.
	Module string `json:"module"`
	// Fraction of the CPU time of the process that tracing's own code takes below the line.
	// Null if the counts contradict each other.
	Share *estimate.Estimate `json:"share" unit:"0..1"`
	// Stage with the largest part of it.
	Stage string `json:"stage"`
}

// Leak is a line that starts spans, and what happened to the spans that were followed from it
// in the last ten to twenty minutes.
type Leak struct {
	// Function that the line is in.
	Function string `json:"function"`
	// Source file. Empty if it is not known.
	File string `json:"file"`
	// Line number. 0 if it is not known.
	Line int `json:"line"`
	// Where the function was called from. Empty if it is not known.
	Caller string `json:"caller"`
	// Module that the line is in, with its version, as in `example.org/router@v1.2.3`. Empty
	// if it is the main module, or if the source file does not have the version in its path.
	Module string `json:"module"`
	// Innermost function of the program's own code that the call came from, with file and
	// line. Empty if it is not known, or if the line itself is in the program's own code.
	OwnCode string `json:"own_code"`
	// Name of the spans, as they are started, cut off after 64 bytes. Spans of one line that have
	// different names are listed apart if they are long-lived or never ended. Empty if these are
	// the line's spans of several names, or if the name is not known.
	SpanName string `json:"span_name"`
	// Names of the line's spans that were open for 0.1 s or longer, and are still open or were not
	// seen to end, the most frequent first; three at most.
	OpenNames []string `json:"open_names"`
	// Spans of the name are long-lived, as those of streams are: some have been open for 20 s or
	// longer, or are running, fewer than 20 were seen to end, and they are not suspected to be
	// leaked.
	LongLived bool `json:"long_lived"`
	// Spans that were followed, and have been open for 10 s or longer in a call that is still under
	// way, as in the handler of a stream.
	Running uint64 `json:"running" unit:"spans"`
	// Fraction of all recorded spans that the line starts.
	OfSpans float64 `json:"of_spans" unit:"0..1"`
	// Spans that were followed.
	Followed uint64 `json:"followed" unit:"spans"`
	// Fraction of the line's spans that are older than `normal_seconds` and survived garbage
	// collections. Null if no span was followed for that long.
	HeldOpen *estimate.Estimate `json:"held_open" unit:"0..1"`
	// Fraction of the line's spans whose memory was reused without an end. Null if too few
	// spans were followed.
	Abandoned *estimate.Estimate `json:"abandoned" unit:"0..1"`
	// Fraction of the line's spans that are abandoned, or that are older than `normal_seconds`
	// and have not ended. Null if too few spans were followed.
	NeverEnded *estimate.Estimate `json:"never_ended" unit:"0..1"`
	// Spans held open since otwatch attached. Null if `held_open` or the number of recorded
	// spans is not known.
	HeldSpans *estimate.Estimate `json:"held_spans" unit:"spans"`
	// Memory of the spans held open, with their attributes. Null if `held_spans` is null, or
	// if no span is held.
	HeldBytes *estimate.Estimate `json:"held_bytes" unit:"bytes"`
	// Age of the oldest span that was followed and is open.
	OldestSeconds float64 `json:"oldest_seconds" unit:"s"`
	// Longest duration of a span that was followed and has ended.
	LongestEndSeconds float64 `json:"longest_end_seconds" unit:"s"`
	// Age up to which an open span is normal for the line.
	NormalSeconds float64 `json:"normal_seconds" unit:"s"`
}

// Component is a line that builds components of one kind, such as TracerProviders, since
// otwatch attached.
type Component struct {
	// The kind: TracerProvider, batch span processor, MeterProvider, periodic metric reader,
	// LoggerProvider, batch log processor, tracer (one that its provider did not have yet),
	// instrument and SDK instrument (of metrics, in the API and in the SDK), or an
	// instrumentation's constructor, as in otelhttp.NewHandler.
	Kind string `json:"kind"`
	// Function that the line is in.
	Function string `json:"function"`
	// Source file. Empty if it is not known.
	File string `json:"file"`
	// Line number. 0 if it is not known.
	Line int `json:"line"`
	// Innermost function of the program's own code that the call came from, with file and
	// line. Empty if it is not known, or if the line itself is in the program's own code.
	OwnCode string `json:"own_code"`
	// The line: the function and, if they are known, the file and line, as in "main.handle
	// (main.go:23)".
	Site string `json:"site"`
	// Components built, but for those that there was no room to tell apart.
	Built uint64 `json:"built" unit:"components"`
	// Of these, the ones that were shut down.
	ShutDown uint64 `json:"shut_down" unit:"components"`
	// Of those built, the ones that were not shut down, and whose memory was not seen to hold
	// another one.
	Alive uint64 `json:"alive" unit:"components"`
	// Components that are alive, per second of the time in which building them was observed.
	// Null if that is too short, or if there was no room to tell all of the line's apart.
	Growth *float64 `json:"growth" unit:"1/s"`
	// Components built per second of the time in which that was observed. Null if that is too
	// short.
	BuiltPerSecond *float64 `json:"built_per_second" unit:"1/s"`
	// False if some may have been built or shut down unobserved.
	Exact bool `json:"exact"`
}

// ForeignProbes is the breakpoints that are not otwatch's.
type ForeignProbes struct {
	// Instructions with a breakpoint, as last looked for; 1,024 are counted at most.
	Places uint64 `json:"places" unit:"places"`
	// The functions with the most of them.
	Functions []ForeignFunction `json:"functions"`
	// Name of the debugger that is attached to the process. Empty if there is none: then they are
	// uprobes, whose owner is not known.
	Debugger string `json:"debugger"`
	// Share of the process's CPU samples that were taken while a thread had stopped there. What
	// follows when a tool has an instruction executed elsewhere is not in it. Null without
	// samples, unless there are no such breakpoints.
	CPUShare *estimate.Estimate `json:"cpu_share" unit:"0..1"`
}

// ForeignFunction is a function that others have breakpoints in.
type ForeignFunction struct {
	// Name of the function.
	Function string `json:"function"`
	// Breakpoints in it.
	Places uint64 `json:"places" unit:"places"`
}

// Living is how many components, or connections, of one kind live.
type Living struct {
	// The kind: batch span processor, periodic metric reader, batch log processor, gRPC client
	// connection, HTTP client connection. Connections are those of the whole program.
	Kind string `json:"kind"`
	// How many live. An estimate if the list of goroutines is so long that a random sample of it
	// was read. Null if the counts contradict each other.
	Count *estimate.Estimate `json:"count" unit:"components"`
	// How fast the number has grown since otwatch attached; below 0 if it has become smaller.
	// Null if that is less than ten seconds.
	GrowthPerMinute *estimate.Estimate `json:"growth_per_minute" unit:"1/min"`
}

// Kept is a slice or map of spans, or all of them in the same field of the same type.
type Kept struct {
	// The type and the field, as in main.recorder.spans.
	Where string `json:"where"`
	// The type of its elements.
	Of string `json:"of"`
	// How many elements it has, as last read.
	Entries uint64 `json:"entries" unit:"entries"`
	// How fast it has grown since it was first read, or since it was last seen to shrink. Null if
	// that is less than ten seconds.
	GrowthPerMinute *float64 `json:"growth_per_minute" unit:"1/min"`
	// Share of the elements whose spans have not ended, by those that were read; 0 in an exporter,
	// which is only handed ended spans. Null if that is not known.
	Open *estimate.Estimate `json:"open" unit:"0..1"`
}

// Probe is what watching cost, and what it missed. Figures of otwatch itself are of the whole
// otwatch process.
type Probe struct {
	// Probe hits in the process.
	Hits uint64 `json:"hits" unit:"hits"`
	// Times that a group of probes was placed.
	Windows uint64 `json:"windows" unit:"windows"`
	// Records and samples that were lost for lack of room, or because they could not be read.
	Lost uint64 `json:"lost" unit:"records"`
	// Returns whose call was not observed.
	Unmatched uint64 `json:"unmatched" unit:"returns"`
	// CPU time charged to watching the process.
	TargetCPUSeconds float64 `json:"target_cpu_seconds" unit:"s"`
	// CPU time charged for one probe hit.
	HitUS float64 `json:"hit_us" unit:"µs"`
	// How that was measured: calibration or trap samples. Empty if it is not known.
	HitSource string `json:"hit_source"`
	// CPU time that otwatch itself used.
	AgentCPUSeconds float64 `json:"agent_cpu_seconds" unit:"s"`
	// Resident memory of otwatch itself.
	AgentRSSBytes uint64 `json:"agent_rss_bytes" unit:"bytes"`
	// Share of the CPU time of the process that watching may add. 1 means no limit.
	Budget float64 `json:"budget" unit:"0..1"`
	// CPU samples per second of CPU time. 0 if none are taken.
	SampleHz float64 `json:"sample_hz" unit:"Hz"`
	// CPU samples taken.
	Samples uint64 `json:"samples" unit:"samples"`
	// CPU samples whose stack could not be classified.
	Unclassified uint64 `json:"unclassified" unit:"samples"`
	// otwatch sends metrics.
	Exporting bool `json:"exporting"`
}

// mostSpans is the share of all spans that the sites must start for their sum to stand for
// all spans.
const mostSpans = 0.9

// NeverEnded is the share of all spans that is never ended; nil if too little is known.
func (r Report) NeverEnded() *estimate.Estimate {
	all, known := estimate.Estimate{}, 0.0
	for _, l := range r.Leaks {
		if l.NeverEnded == nil || l.OfSpans == 0 {
			continue
		}
		known += l.OfSpans
		followed := all.N + l.Followed
		all = *all.Plus(*l.NeverEnded.Times(l.OfSpans)).Within(0, 1)
		all.N = followed
	}
	if known < mostSpans {
		return nil
	}
	return &all
}

// NeverEndedOfAll is the share of all spans that this line starts and never ends.
func (l Leak) NeverEndedOfAll() float64 {
	if l.NeverEnded == nil {
		return 0
	}
	return l.NeverEnded.Value * l.OfSpans
}

// Known reports whether the report has a figure, given by its path.
func (r Report) Known(figure string) bool { return !Gaps(r.Missing).Has(figure) }

// Why is the reason for which a figure is missing; "" if it is not.
func (r Report) Why(figure string) string { return Gaps(r.Missing).Why(figure) }
