package report

import (
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Schema names the form of a Report as JSON.
const Schema = "otwatch.report/v1"

// Report is what otwatch says of one target over one window: the JSON form
// otwatch.report/v1. A figure that cannot be claimed is nil, and Missing has its path and
// the reason.
type Report struct {
	Schema     string             `json:"schema"`
	Target     Target             `json:"target"`
	Window     Window             `json:"window"`
	CPU        CPU                `json:"cpu"`
	Spans      Spans              `json:"spans"`
	Queue      Queue              `json:"queue"`
	Processors []Processor        `json:"processors"`
	Export     Export             `json:"export"`
	Pipelines  []Pipeline         `json:"pipelines"`
	Memory     Memory             `json:"memory"`
	Alloc      Alloc              `json:"alloc"`
	Findings   []Finding          `json:"findings"`
	Names      []Name             `json:"names"`
	Attributes []Attribute        `json:"attributes"`
	Sites      []Site             `json:"sites"`
	Leaks      []Leak             `json:"leaks"`
	Probe      Probe              `json:"probe"`
	Request    Request            `json:"request"`
	Missing    []snapshot.Missing `json:"missing"`
}

// Target identifies the observed process.
type Target struct {
	PID         int     `json:"pid"`
	Exe         string  `json:"exe"`
	ServiceName string  `json:"service_name"`
	GoVersion   string  `json:"go_version"`
	SDKVersion  string  `json:"sdk_version"`
	Arch        string  `json:"arch"`
	Stripped    bool    `json:"stripped"`
	PIE         bool    `json:"pie"`
	ContainerID *string `json:"container_id"`
	// SelfObserved says that its SDK sends its own metrics, otel.sdk.*. Then otwatch does not
	// send these.
	SelfObserved bool            `json:"self_observed"`
	Origin       snapshot.Target `json:"-"` // for the metrics' Resource
	// Configured are the names of the OTEL_* variables that are set; nil if the environment
	// was not read.
	Configured []string `json:"configured"`
}

// Window is the time that a Report covers.
type Window struct {
	Start   time.Time `json:"start"`
	Seconds float64   `json:"seconds"`
}

// CPU is the CPU time of the process, and the share of tracing. ProcessSeconds is
// UserSeconds and SystemSeconds together. Instrumentation is the fraction, 0..1, of the
// code that calls tracing, such as otelhttp, and of building attributes. It would remain
// with a no-op provider, so it is not a part of Tracing.
type CPU struct {
	ProcessSeconds  float64            `json:"process_seconds"`
	UserSeconds     float64            `json:"-"`
	SystemSeconds   float64            `json:"-"`
	Tracing         Share              `json:"tracing"`
	Stages          map[string]Portion `json:"stages"`
	Instrumentation *estimate.Estimate `json:"instrumentation"`
	// Metrics is the fraction that collecting and exporting metrics takes. It is not a part
	// of Tracing either.
	Metrics *estimate.Estimate `json:"metrics"`
}

// Share is tracing's part of the process's CPU time, in seconds and as a fraction 0..1.
// Direct is the fraction of its own code, Indirect that of the garbage collection,
// transport and scheduling that it causes.
type Share struct {
	Seconds  *estimate.Estimate `json:"seconds"`
	Share    *estimate.Estimate `json:"share"`
	Direct   *estimate.Estimate `json:"direct"`
	Indirect *estimate.Estimate `json:"indirect"`
}

// Portion is one stage's fraction of the process's CPU time, 0..1, its kind (direct or
// indirect) and how it was worked out.
type Portion struct {
	Share  *estimate.Estimate `json:"share"`
	Kind   string             `json:"kind"`
	Method string             `json:"method"`
}

// Spans counts spans over the window. Live is the number at its end; CostUS
// is the mean CPU time of a started span in microseconds.
type Spans struct {
	Started  *estimate.Estimate `json:"started"`
	Ended    *estimate.Estimate `json:"ended"`
	Sampled  *estimate.Estimate `json:"sampled"`
	Exported *estimate.Estimate `json:"exported"`
	Failed   *estimate.Estimate `json:"failed"`
	Dropped  *estimate.Estimate `json:"dropped"`
	Live     *estimate.Estimate `json:"live"`
	CostUS   *estimate.Estimate `json:"cost_us"`
	// AttributeBytes is the mean length of the text in a span's attributes.
	AttributeBytes *estimate.Estimate `json:"attribute_bytes"`
	// LostAtExit counts the spans that batch processors still held when the process
	// ended; 0 while it runs.
	LostAtExit *estimate.Estimate `json:"lost_at_exit"`
}

// Queue is the state of queues, in spans: Size is at the end of the window, Peak the longest
// observed. Utilization is Size/Capacity.
type Queue struct {
	Size        *uint64  `json:"size"`
	Capacity    *uint64  `json:"capacity"`
	Peak        *uint64  `json:"peak"`
	Utilization *float64 `json:"utilization"`
}

// Processor is one span processor, with its name in the SDK's own metrics. A simple
// processor has neither queue nor settings. Calls are of ForceFlush and Shutdown.
type Processor struct {
	Name     string         `json:"name"`
	Kind     string         `json:"kind"`
	Exporter string         `json:"exporter"`
	Queue    Queue          `json:"queue"`
	Settings *Settings      `json:"settings"`
	Calls    []Function     `json:"calls"`
	Spans    ProcessorSpans `json:"-"`
}

// Calls are the calls of one function that returned, Failed those that returned an error.
type Calls struct {
	Operations uint64    `json:"operations"`
	Failed     uint64    `json:"failed"`
	DurationMS Quantiles `json:"duration_ms"`
}

// Function is the calls of one function, with its name.
type Function struct {
	Name string `json:"function"`
	Calls
}

// Pipeline is the exports of metrics or logs. For metrics, a call includes collecting them.
// Batch sizes are data points or log records.
type Pipeline struct {
	Signal string `json:"signal"`
	Calls
	Batch Batch `json:"batch"`

	Records PipelineRecords `json:"-"`
}

// PipelineRecords counts the records of a pipeline over the window, for otwatch's metrics.
// Unless Sized, the number of records is unknown for some calls.
type PipelineRecords struct {
	Sized            bool
	Exported, Failed uint64
	Durations        snapshot.Histogram
}

// Settings are the options a batch span processor runs with.
type Settings struct {
	MaxQueueSize       uint64 `json:"max_queue_size"`
	MaxExportBatchSize uint64 `json:"max_export_batch_size"`
	BatchTimeoutMS     int64  `json:"batch_timeout_ms"`
	ExportTimeoutMS    int64  `json:"export_timeout_ms"`
	Blocking           bool   `json:"blocking"`
}

// ProcessorSpans counts the spans of one processor over the window, for otwatch's metrics.
type ProcessorSpans struct {
	Processed uint64 // handed to the exporter
	Dropped   uint64
}

// Export is the exports of spans. Operations are calls of ExportSpans that returned, Failed
// those that returned an error. Retried is the number of waits before another attempt,
// BackoffSeconds their duration. Batch sizes are spans. Bytes are those of the encoded
// payloads, each counted once however often it was sent.
type Export struct {
	Operations     uint64       `json:"operations"`
	Failed         uint64       `json:"failed"`
	Retried        *uint64      `json:"retried"`
	BackoffSeconds float64      `json:"backoff_seconds"`
	DurationMS     Quantiles    `json:"duration_ms"`
	Batch          Batch        `json:"batch"`
	Bytes          *uint64      `json:"bytes"`
	Compression    *Compression `json:"compression"`
	Exporters      []Exporter   `json:"-"`
}

// Compression is how many of Export's Bytes are sent, the ratio of the two, and how many
// bytes compression saves. If it is off, ratio and saving are what gzip would achieve.
type Compression struct {
	On         bool               `json:"on"`
	SentBytes  uint64             `json:"sent_bytes"`
	Ratio      *estimate.Estimate `json:"ratio"`
	SavedBytes *estimate.Estimate `json:"saved_bytes"`
}

// Quantiles are of the export durations, in milliseconds.
type Quantiles struct {
	P50 *float64 `json:"p50"`
	P90 *float64 `json:"p90"`
	P99 *float64 `json:"p99"`
	Max *float64 `json:"max"`
}

// Batch is the number of spans in an export.
type Batch struct {
	Mean *float64 `json:"mean"`
	Max  *uint64  `json:"max"`
}

// Exporter is one exporter's part of Export, for otwatch's metrics.
type Exporter struct {
	Name      string
	Component string
	Exported  uint64
	Failed    uint64
	Inflight  uint64
	Durations snapshot.Histogram
}

// Memory is the target's resident memory, and how fast it grows.
type Memory struct {
	RSSBytes             uint64             `json:"rss_bytes"`
	GrowthBytesPerMinute *estimate.Estimate `json:"growth_bytes_per_minute"`
}

// Alloc is how much the target allocates, and the fraction of these bytes that tracing
// allocates, 0..1.
type Alloc struct {
	BytesPerSecond *estimate.Estimate `json:"bytes_per_second"`
	TracingShare   *estimate.Estimate `json:"tracing_share"`
}

// Finding is something to act on.
type Finding struct {
	ID       string             `json:"id"`
	Severity string             `json:"severity"` // info, warning, critical
	Category string             `json:"category"`
	Title    string             `json:"title"`
	Evidence map[string]float64 `json:"evidence"`
	Advice   []Advice           `json:"advice"`
}

// Advice is a change to make, with the environment variables if these are enough, and the
// figures expected after it.
type Advice struct {
	Title    string             `json:"title"`
	Env      map[string]string  `json:"env"`
	Expected map[string]float64 `json:"expected"`
}

// Name is a span name within an instrumentation scope, and its fraction of all spans.
type Name struct {
	Scope             string             `json:"scope"`
	Name              string             `json:"name"`
	Share             *estimate.Estimate `json:"share"`
	AttributesPerSpan float64            `json:"attributes_per_span"`
}

// Attribute is a key of spans' attributes. The last New.N spans that were read had Distinct
// different values. There are at least AtLeast values in total, and New is the
// probability, 0..1, that the next span has a value not seen yet. Values are not kept.
type Attribute struct {
	Key      string             `json:"key"`
	Distinct uint64             `json:"distinct"`
	AtLeast  float64            `json:"at_least"`
	New      *estimate.Estimate `json:"new"`
}

// Site is a line of the application, and the fraction of the process's CPU time that
// tracing's own code takes below it. Line is 0 if it is unknown.
type Site struct {
	Function string             `json:"function"`
	File     string             `json:"file"`
	Line     int                `json:"line"`
	Share    *estimate.Estimate `json:"share"`
	Stage    string             `json:"stage"`
}

// Leak is a line that starts spans, and what happened to the spans that were followed from
// it in the last ten to twenty minutes. Shares, 0..1, are of the spans that it starts.
// OfSpans is its own share of all recorded spans. HeldOpen are spans older than
// NormalSeconds that survived garbage collections; it is nil if no span was followed for
// that long. Abandoned are spans whose memory was reused without an end. NeverEnded are
// both, and other spans of that age. HeldSpans is how many are held since otwatch
// attached, HeldBytes their memory with their attributes.
type Leak struct {
	Function          string             `json:"function"`
	File              string             `json:"file"`
	Line              int                `json:"line"`
	Caller            string             `json:"caller"`
	OfSpans           float64            `json:"of_spans"`
	Followed          uint64             `json:"followed"`
	HeldOpen          *estimate.Estimate `json:"held_open"`
	Abandoned         *estimate.Estimate `json:"abandoned"`
	NeverEnded        *estimate.Estimate `json:"never_ended"`
	HeldSpans         *estimate.Estimate `json:"held_spans"`
	HeldBytes         *estimate.Estimate `json:"held_bytes"`
	OldestSeconds     float64            `json:"oldest_seconds"`
	LongestEndSeconds float64            `json:"longest_end_seconds"`
	NormalSeconds     float64            `json:"normal_seconds"`
}

// Probe is what watching cost, and what it missed. HitUS is the CPU time charged for a hit of
// a probe, in microseconds, and HitSource how that was measured.
type Probe struct {
	Hits             uint64  `json:"hits"`
	Windows          uint64  `json:"windows"`
	Lost             uint64  `json:"lost"`
	Unmatched        uint64  `json:"unmatched"`
	TargetCPUSeconds float64 `json:"target_cpu_seconds"`
	HitUS            float64 `json:"hit_us"`
	HitSource        string  `json:"hit_source"`
	AgentCPUSeconds  float64 `json:"agent_cpu_seconds"`
	AgentRSSBytes    uint64  `json:"agent_rss_bytes"`
	Budget           float64 `json:"budget"`
	SampleHz         float64 `json:"sample_hz"`
	Samples          uint64  `json:"samples"`
	Unclassified     uint64  `json:"unclassified"`
	// Exporting says that otwatch sent metrics.
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
