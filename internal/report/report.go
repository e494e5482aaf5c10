package report

import (
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Schema names the form of a Report as JSON.
const Schema = "otwatch.report/v1"

// Report is what otwatch says of one target over one window: the JSON form
// otwatch.report/v1. A figure that cannot be claimed is nil, and Missing has
// an entry with its path and the reason.
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
	// SelfObserved says that the SDK in it sends metrics of its own, otel.sdk.*,
	// which otwatch then leaves to it.
	SelfObserved bool            `json:"self_observed"`
	Origin       snapshot.Target `json:"-"` // for the metrics' Resource
	// Configured are the names of the OTEL_* variables that are set, null where the
	// environment was not read.
	Configured []string `json:"configured"`
}

// Window is the time that a Report covers.
type Window struct {
	Start   time.Time `json:"start"`
	Seconds float64   `json:"seconds"`
}

// CPU is what the process used and which part of it tracing took. Of
// ProcessSeconds, UserSeconds and SystemSeconds were spent outside and in the
// kernel. Instrumentation is the
// fraction, 0..1, that calls to tracing take on their own side, as in otelhttp
// and in building attributes: with a no-op provider it would stay, so it is no
// part of Tracing.
type CPU struct {
	ProcessSeconds  float64            `json:"process_seconds"`
	UserSeconds     float64            `json:"-"`
	SystemSeconds   float64            `json:"-"`
	Tracing         Share              `json:"tracing"`
	Stages          map[string]Portion `json:"stages"`
	Instrumentation *estimate.Estimate `json:"instrumentation"`
	// Metrics is the fraction that collecting and exporting metrics takes, no part
	// of Tracing either.
	Metrics *estimate.Estimate `json:"metrics"`
}

// Share is tracing's part of the process's CPU time, absolute and as a fraction
// 0..1. Direct is the fraction that its own code takes, Indirect what it makes
// the collector, the transport and the scheduler do.
type Share struct {
	Seconds  *estimate.Estimate `json:"seconds"`
	Share    *estimate.Estimate `json:"share"`
	Direct   *estimate.Estimate `json:"direct"`
	Indirect *estimate.Estimate `json:"indirect"`
}

// Portion is one stage's fraction of the process's CPU time, 0..1; its kind,
// direct or indirect; and how it was found.
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
}

// Queue is the state of processors' queues: Size at the end of the window and
// Peak, the longest seen, in spans; Utilization is Size/Capacity.
type Queue struct {
	Size        *uint64  `json:"size"`
	Capacity    *uint64  `json:"capacity"`
	Peak        *uint64  `json:"peak"`
	Utilization *float64 `json:"utilization"`
}

// Processor is one span processor, under the name that the SDK's own metrics
// give it. A simple one has neither queue nor settings. Calls are of ForceFlush
// and Shutdown.
type Processor struct {
	Name     string         `json:"name"`
	Kind     string         `json:"kind"`
	Exporter string         `json:"exporter"`
	Queue    Queue          `json:"queue"`
	Settings *Settings      `json:"settings"`
	Calls    []Function     `json:"calls"`
	Spans    ProcessorSpans `json:"-"`
}

// Calls are those of one function that returned. Failed ones returned an error.
type Calls struct {
	Operations uint64    `json:"operations"`
	Failed     uint64    `json:"failed"`
	DurationMS Quantiles `json:"duration_ms"`
}

// Function is calls of one function, by its name.
type Function struct {
	Name string `json:"function"`
	Calls
}

// Pipeline is how exporting another signal than traces fared: metrics, of which a
// call collects first, or logs. Batch sizes are data points or log records.
type Pipeline struct {
	Signal string `json:"signal"`
	Calls
	Batch Batch `json:"batch"`

	Records PipelineRecords `json:"-"`
}

// PipelineFlow counts the records of a pipeline over the window: for the metrics.
// Not Sized, it is not known how many some calls handed over.
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

// Flow counts the spans of one processor over the window: for the metrics,
// which go out by processor.
type ProcessorSpans struct {
	Processed uint64 // handed to the exporter
	Dropped   uint64
}

// Export is how exporting fared. Operations are finished calls of ExportSpans,
// Failed those that returned an error, Retried the waits before another
// attempt and BackoffSeconds how long they took in the operations that returned.
// Batch sizes are spans, Bytes the encoded payloads, each once however often it was
// sent.
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

// Compression is what of Export's Bytes is sent, the ratio of the two and what
// compression saves; where it is off, what gzip would be expected to make of them.
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

// Exporter is one exporter's part of Export: for the metrics, which go out by
// exporter.
type Exporter struct {
	Name      string
	Component string
	Exported  uint64
	Failed    uint64
	Inflight  uint64
	Durations snapshot.Histogram
}

// Memory is the target's resident memory, and by how much it grows.
type Memory struct {
	RSSBytes             uint64             `json:"rss_bytes"`
	GrowthBytesPerMinute *estimate.Estimate `json:"growth_bytes_per_minute"`
}

// Alloc is the target's heap allocation and the fraction of its bytes that
// tracing allocates, 0..1.
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

// Advice is a change to make, as environment variables where they suffice, and
// the figures expected after it.
type Advice struct {
	Title    string             `json:"title"`
	Env      map[string]string  `json:"env"`
	Expected map[string]float64 `json:"expected"`
}

// Name is a span name within an instrumentation scope and its fraction of all
// spans.
type Name struct {
	Scope             string             `json:"scope"`
	Name              string             `json:"name"`
	Share             *estimate.Estimate `json:"share"`
	AttributesPerSpan float64            `json:"attributes_per_span"`
}

// Attribute is a key of spans' attributes. Of the last spans looked at, New.N, its
// values were so many different ones; there are AtLeast so many in all, and by the
// chance of New, 0..1, the next span has another. Values themselves are not kept.
type Attribute struct {
	Key      string             `json:"key"`
	Distinct uint64             `json:"distinct"`
	AtLeast  float64            `json:"at_least"`
	New      *estimate.Estimate `json:"new"`
}

// Site is an application's line and its fraction of the process's CPU time
// that tracing's own frames take under it. Line is 0 where it is not known.
type Site struct {
	Function string             `json:"function"`
	File     string             `json:"file"`
	Line     int                `json:"line"`
	Share    *estimate.Estimate `json:"share"`
	Stage    string             `json:"stage"`
}

// Leak is a line that starts spans, and what became of those that were followed
// from it in the last ten to twenty minutes. Shares, 0..1, are of the spans that
// it starts; OfSpans is its own of all that are recorded. HeldOpen are older than
// NormalSeconds and outlived collections, Abandoned are gone without an end, both
// and what else is that old NeverEnded. HeldOpen is nil where nothing was followed
// for so long. HeldSpans is how many of them there are since the attach, HeldBytes what
// they and their attributes take.
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

// Probe is what watching cost and missed. HitUS is what a hit of a probe is
// charged, in microseconds, and HitSource how that was found.
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

// mostSpans is what the sites must start of all spans for their sum to be of all.
const mostSpans = 0.9

// NeverEnded is the share of all spans that is never ended; nil where too little
// of it is known.
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
