package snapshot

import (
	"strings"
	"time"
)

// Snapshot is what was seen of one target from Start to Start+Elapsed. Two
// Snapshots of one target that follow each other merge into one.
type Snapshot struct {
	Target     Target
	Start      time.Time
	Elapsed    time.Duration
	Counts     []Count
	Exports    []Exporter
	Processors []Processor
	Samples    Samples
	Process    Process
	Heap       Heap
	Probing    Probing
	Missing    []Missing // of the interval
	Gaps       []Missing // of the interval and all that it is a part of
	Ended      bool      // the process ended in this interval
	Names      Names
	Pipelines  []Pipeline
	Following  Following
	Texts      Texts
	Values     []Values
}

// Target is a process and what is known of it for as long as it lives.
type Target struct {
	PID         int
	StartTicks  uint64 // start time in clock ticks after boot: with PID, unique
	Exe         string // path of the executable in the target's mount namespace
	ServiceName string
	GoVersion   string // go1.26.8
	SDKVersion  string // v1.47.0; empty if the build records none
	Arch        string // a GOARCH
	Stripped    bool
	PIE         bool
	ContainerID string   // empty if in no container
	Configured  []string // names of the OTEL_* variables set; nil if its environment was not read
	Memory      uint64   // bytes that it may use; 0 if not known
	Cgroup      string   // its path
	Kubernetes  Kubernetes
	// Resource is what the target's own SDK sends, or, unless ResourceRead, what
	// its environment says that it sends.
	Resource     Resource
	ResourceRead bool
	// SelfObserved says that its SDK sends metrics of its own, otel.sdk.*.
	SelfObserved bool
}

// Kubernetes is where in a cluster a target runs; empty is not known. PodUID is its
// cgroup's; all else is what its environment claims.
type Kubernetes struct {
	PodUID, ClaimedPodUID, PodName, Namespace, Node, Container string
}

// Count is how often the target called one function that a counting probe
// stands on.
type Count struct {
	Probe string // the catalogue's name of the probe
	Calls uint64 // calls counted
	Whole bool   // in place for the whole interval: Calls is exact
	Rates Rates  // of the windows that ended in the interval; empty where it stands all the time
}

// Rates sum up how many calls a second there were in windows, each by itself.
type Rates struct {
	Windows      uint64
	Sum, Squares float64
}

// Add enters a window.
func (r *Rates) Add(rate float64) {
	r.Windows++
	r.Sum += rate
	r.Squares += rate * rate
}

// Plus is the windows of both.
func (r Rates) Plus(other Rates) Rates {
	return Rates{Windows: r.Windows + other.Windows, Sum: r.Sum + other.Sum, Squares: r.Squares + other.Squares}
}

// Exporter is the span exporter at one address and what it finished in the
// interval.
type Exporter struct {
	Address    uint64
	Component  string // otel.component.type, as in otlp_grpc_span_exporter
	Index      int    // in order of discovery, from 0, per component type
	Operations uint64 // calls of ExportSpans that returned
	Errors     uint64 // of these, the ones that returned an error
	Exported   uint64 // spans accepted by the receiver
	Failed     uint64 // spans rejected or given up
	Inflight   uint64 // spans in calls that had not returned at the end
	Spans      uint64 // spans handed over in all calls that returned
	MaxBatch   uint64 // the largest of those calls, in spans
	Latest     []Operation
	Durations  Histogram
	// Sync is the number of calls that a simple span processor made, on the
	// goroutine of the span's End, which they took Blocked of.
	Sync    uint64
	Blocked time.Duration
	// Foreign is the number of calls of neither a batch nor a simple span
	// processor: whether they keep a caller waiting is not known.
	Foreign uint64
	Retries uint64        // waits before another attempt
	Backoff time.Duration // that those took
	// Sized is the number of calls that returned of whose payload it is known how many
	// Bytes it was encoded to, Weighed of which it is known how many were Sent: after
	// compression. Each counts once however often it was sent.
	Sized   uint64
	Bytes   uint64
	Weighed uint64
	Sent    uint64
}

// Operation is one call of ExportSpans that returned.
type Operation struct {
	Duration time.Duration
	Spans    uint64
	Failed   uint64
}

// Processor is the span processor at one address. A simple one has neither
// settings nor readings: it hands every span on at once.
type Processor struct {
	Address  uint64
	Simple   bool   // else it is a batch span processor
	Index    int    // in order of discovery, from 0, of its kind
	Provider uint64 // processors with one Provider get the same spans
	Exporter uint64 // address of its exporter
	Settings Settings
	Before   Reading // at the start of the interval, or when first seen
	After    Reading // at its end, or the last one before the process ended
	Peak     uint64  // longest queue seen, in spans
	Looks    uint64  // readings at a steady pace
	Held     uint64  // spans in queue and batch, added up over Looks
	Earlier  uint64  // dropped in intervals merged into this one, before Before's count
	// Unseen is the number of spans that left the processor in exports that
	// were under way when otwatch attached: their outcome is unknown.
	Unseen uint64
	// Exported and Failed are the spans of this processor's finished exports.
	Exported  uint64
	Failed    uint64
	Flushes   Calls // of ForceFlush
	Shutdowns Calls
}

// Signals of Pipelines.
const (
	Metrics = "metrics"
	Logs    = "logs"
)

// Pipeline is what the SDK of another signal than traces exported.
type Pipeline struct {
	Signal  string // Metrics or Logs
	Calls   Calls
	Records uint64 // log records or data points handed over
	Failed  uint64 // of these, the ones whose call failed
	Largest uint64 // of those calls, in records
	Unsized uint64 // calls of which it is not known how many they handed over
	// Durations are those of all calls, without the collection of metrics where
	// that was seen.
	Durations Histogram
}

// Settings are a batch span processor's options as it runs with them.
type Settings struct {
	MaxQueueSize       uint64
	MaxExportBatchSize uint64
	BatchTimeout       time.Duration
	ExportTimeout      time.Duration
	Blocking           bool
}

// Reading is a batch span processor's state at one moment, in spans. Dropped
// counts from the processor's first day; it wraps at 2³². Slack is how many
// spans may have been on their way from the queue to the batch, and so in
// neither or in both, when it was taken: 0 but for a busy processor.
type Reading struct {
	Queue   uint64
	Batch   uint64
	Dropped uint32
	Slack   uint64
}

// Samples are the CPU samples of an interval: user stacks, taken at Hz on every
// processor while the target ran on it. The zero value says that CPU time was
// not sampled.
type Samples struct {
	Hz       float64
	SetAside uint64 // taken while probes were in place on the path of every span
	Trapped  uint64 // of these, the ones taken within a hit of such a probe
	Lost     uint64 // for which there was no stack or no room
	Stacks   []Stack
}

// Process is the target's use of the machine.
type Process struct {
	CPU    time.Duration // user and system time used in the interval
	System time.Duration // of that, in the kernel
	RSS    uint64        // bytes, at the end of the interval
}

// Heap is what the garbage collections told that ended in the interval, each
// with the one before it seen too.
type Heap struct {
	Cycles    uint64
	Covered   time.Duration // from the end of one collection to the end of the next, added up
	Allocated uint64        // bytes allocated in that time
	Scanned   uint64        // bytes that may hold pointers, added up over Cycles
	Live      uint64        // bytes marked by the last of them
}

// Probing is what watching cost in the interval and what it missed.
type Probing struct {
	Hits      uint64        // probe hits in the target
	Windows   uint64        // times a group of probes was opened
	Lost      uint64        // records and map entries that found no room
	Unmatched uint64        // returns whose call was not seen
	Undrawn   uint64        // starts and ends of spans to be followed that found no room or could not be read
	TargetCPU time.Duration // CPU time that the probes added to the target
	HitCharge time.Duration // of that, for a hit on an instruction that is emulated, at the end
	HitSource string        // how that was found: calibration, trap samples
	AgentCPU  time.Duration // otwatch's own CPU time, whole process
	AgentRSS  uint64        // otwatch's own resident memory, bytes
	Exporting bool          // otwatch sends metrics
	Budget    float64       // share of the target's CPU that probing may take
}

// Missing is a figure that cannot be claimed, by its path in the report, and
// why.
type Missing struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Covers reports whether a figure, given by its path, is missing with m: m names it, or
// what it is part of.
func (m Missing) Covers(figure string) bool {
	return m.What == figure || strings.HasPrefix(figure, m.What+".")
}
