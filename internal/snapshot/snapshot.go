package snapshot

import (
	"strings"
	"time"
)

// Snapshot is everything observed of one target from Start to Start+Elapsed. Two consecutive
// Snapshots of one target merge into one.
type Snapshot struct {
	Target     Target
	Start      time.Time
	Elapsed    time.Duration
	Counts     []Count
	Started    []Started
	Exports    []Exporter
	Stretches  Stretches
	Processors []Processor
	Others     Others
	Samples    Samples
	Process    Process
	Scheduling Scheduling
	Heap       Heap
	Probing    Probing
	Missing    []Missing // of the interval
	Gaps       []Missing // of the interval and of every longer one that it is merged into
	Ended      bool      // the process ended in this interval
	Released   bool      // the process runs on, and otwatch watches it no longer
	FromStart  bool      // the process began in this interval, and was watched from its first instruction on
	Names      Names
	LongTrace  LongTrace
	Pipelines  []Pipeline
	Flushes    []Flush
	Following  Following
	Building   Building
	Goroutines Goroutines
	Foreign    Foreign
	Kept       Kept
	Texts      Texts
	Values     []Values
}

// Over reports whether no Snapshot of the target follows.
func (s Snapshot) Over() bool { return s.Ended || s.Released }

// Tick is the unit of times in /proc, USER_HZ: the same on every architecture that Go has.
// Source: include/uapi/asm-generic/param.h.
const Tick = time.Second / 100

// Target is a process, with what does not change while it runs.
type Target struct {
	PID         int
	StartTicks  uint64 // start time in Ticks after boot: with PID, unique
	Exe         string // path of the executable in the target's mount namespace
	ServiceName string
	GoVersion   string // go1.26.8
	SDKVersion  string // v1.47.0; empty if the build records none
	Arch        string // a GOARCH
	BuildID     string // Go's; empty if the executable has none
	Stripped    bool
	PIE         bool
	ContainerID string // empty if in no container
	// ContainerName is what Docker or Podman call its container; empty if neither runs it.
	ContainerName string
	Configured    []string // names of the OTEL_* variables set; nil if its environment was not read
	Ignored       []string // OTEL_* variables set that no module of the program reads, with values that are no secret
	// Modules are those of OpenTelemetry and of instrumentation that its build information
	// lists, by path; nil if it lists none.
	Modules []Module
	// Linked are functions with known defects that the executable has, by name.
	Linked []string
	// Environment has the values of those OTEL_* variables set whose values are no secret.
	Environment []Variable
	// Options are the functions that set options of the SDK and that the program contains; nil if
	// they could not be looked up.
	Options []Option
	// Samplers are those of the TracerProviders whose spans were read, each once.
	Samplers []Sampler
	// ConfigurationFile is the variable that names the file by which the SDK is set up, if a
	// package that reads it is in the program, and FileSchema is the version of that file's form.
	// The second may be set without the first: the program may find its file otherwise.
	ConfigurationFile, FileSchema string
	Memory                        uint64 // bytes that it may use; 0 if unknown
	Cgroup                        string // its path
	Kubernetes                    Kubernetes
	// PodLabels are those of its pod, as NAME=VALUE. They only select targets, and are not
	// recorded.
	PodLabels []string `json:"-"`
	// Resource is the one that the target's SDK sends if ResourceRead; otherwise it is made
	// from the environment.
	Resource     Resource
	ResourceRead bool
	// SelfObserved says that its SDK sends metrics of its own, otel.sdk.*.
	SelfObserved bool
}

// Module is a module of OpenTelemetry, or one that instruments others with it.
type Module struct {
	Path string
	// Version is one of the module's own: empty if a directory or another module was built in
	// its place.
	Version string
}

// Kubernetes is where in a cluster a target runs; empty means unknown. PodUID comes from its
// cgroup. If Observed, PodName, Namespace and Container come from the container runtime or the
// kubelet. Everything else comes from its environment, which may be wrong.
type Kubernetes struct {
	PodUID, ClaimedPodUID, PodName, Namespace, Node, Container string
	// Owner is the workload that made the pod, and OwnerKind its kind: deployment,
	// statefulset, daemonset or job.
	OwnerKind, Owner string
	Observed         bool
}

// Count is how often the target called one function with a counting probe.
type Count struct {
	Probe string // name of the probe in the catalogue
	Calls uint64 // calls counted
	Whole bool   // in place for the whole interval: Calls is exact
	Rates Rates  // of the windows that ended in the interval; empty if the probe is always in place
}

// CountOf is what a counting probe counted; nil if the program has none of its functions.
func (s Snapshot) CountOf(probe string) *Count {
	for i := range s.Counts {
		if s.Counts[i].Probe == probe {
			return &s.Counts[i]
		}
	}
	return nil
}

// CallsOf is how many calls a counting probe counted; 0 if the program has none of its
// functions.
func (s Snapshot) CallsOf(probe string) uint64 {
	if c := s.CountOf(probe); c != nil {
		return c.Calls
	}
	return 0
}

// PipelineOf is the exports of one signal; nil if there were none.
func (s Snapshot) PipelineOf(signal string) *Pipeline {
	for i := range s.Pipelines {
		if s.Pipelines[i].Signal == signal {
			return &s.Pipelines[i]
		}
	}
	return nil
}

// Started is how many spans of one kind were started while the probes on the path of every span
// were in place. Recorded ones are as many as the Count of "recording", unless some could not be
// read or the layout of the SDK is not known.
type Started struct {
	Parent   string // its origin; empty for Drop: it is not read
	Sampling string // the result of sampling
	Spans    uint64
}

// The values of otel.span.parent.origin and otel.span.sampling_result.
const (
	NoParent     = "none"
	LocalParent  = "local"
	RemoteParent = "remote"

	Drop            = "DROP"
	RecordOnly      = "RECORD_ONLY"
	RecordAndSample = "RECORD_AND_SAMPLE"
)

// Rates sum up the rates of single windows, in calls per second.
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

// Plus has the windows of both.
func (r Rates) Plus(other Rates) Rates {
	return Rates{Windows: r.Windows + other.Windows, Sum: r.Sum + other.Sum, Squares: r.Squares + other.Squares}
}

// Stretches are the times in which exports of spans were observed while the budget did not let
// their probes stand all the time. In Exports, Processors and Others, each export of a stretch
// counts as often as it stands for: for itself and for exports that were not seen.
type Stretches struct {
	Unobserved time.Duration // how long exports were not observed in the interval
	Filled     time.Duration // of that, or of earlier intervals, what exports of stretches stand for
	Added      uint64        // exports counted for that time
	Calls      uint64        // exports that began in the stretches that ended in the interval
	Rates      Rates         // of these
	Durations  Clusters      // of these, by stretch: the logarithms of nanoseconds
	Longer     float64       // of all exports counted, those that took longer than any that was seen to return
}

// Clusters are sums over values that were observed in groups. They show whether the values of one
// group are more alike than values of different groups.
type Clusters struct {
	N, Sum, Squares float64
	Means           float64 // of each group its number of values times the square of their mean
}

// Add enters a group of n values.
func (c *Clusters) Add(n, sum, squares float64) {
	if n == 0 {
		return
	}
	*c = c.Plus(Clusters{n, sum, squares, sum * sum / n})
}

// Plus has the groups of both.
func (c Clusters) Plus(other Clusters) Clusters {
	return Clusters{c.N + other.N, c.Sum + other.Sum, c.Squares + other.Squares, c.Means + other.Means}
}

// Exporter is the span exporter at one address, with its exports that returned in the
// interval.
type Exporter struct {
	Address    uint64
	Component  string        // otel.component.type, as in otlp_grpc_span_exporter
	Index      int           // in order of discovery, from 0, per component type
	Operations uint64        // calls of ExportSpans that returned
	Errors     uint64        // of these, the ones that returned an error
	Exported   uint64        // spans accepted by the receiver
	Failed     uint64        // spans rejected or given up
	Inflight   uint64        // spans in calls that had not returned at the end
	Waiting    time.Duration // how long the oldest of those calls had been running
	Spans      uint64        // spans handed over in all calls that returned
	MaxBatch   uint64        // the largest of those calls, in spans
	Latest     []Operation
	Durations  Histogram // of all calls
	Failures   Histogram // of those that returned an error
	// Sync is the number of calls that a simple span processor made, on the goroutine that
	// ends the span. They blocked it for Blocked.
	Sync    uint64
	Blocked time.Duration
	// Foreign is the number of calls by other processors than the SDK's: it is unknown
	// whether these block a caller.
	Foreign uint64
	Retries uint64        // waits before another attempt
	Backoff time.Duration // duration of these
	// Sized is the number of calls whose encoded payload is known, Bytes in total. Weighed is
	// the number of calls for which the bytes sent, after compression, are known: Sent in
	// total. Each payload counts once however often it was sent.
	Sized   uint64
	Bytes   uint64
	Weighed uint64
	Sent    uint64
	// Reasons are why calls returned an error, and what receivers said of partial successes.
	Reasons []Failure
	Kinds   []FailureKind // of the exports that failed, or that the receiver took in part
	// Target is where it sends to, empty if Untold, which says why that is not known.
	Target string
	Untold string
}

// Operation is one call of ExportSpans that returned.
type Operation struct {
	Duration time.Duration
	Spans    uint64
	Failed   uint64
}

// Processor is the span processor at one address. A simple one has neither settings nor
// readings: it exports every span at once.
type Processor struct {
	Address  uint64
	Simple   bool   // else it is a batch span processor
	Index    int    // in order of discovery, from 0, of its kind
	Provider uint64 // processors of one TracerProvider are handed the same spans
	Exporter uint64 // address of its exporter
	Settings Settings
	Before   Reading // at the start of the interval, or when it was first seen
	After    Reading // at its end, or the last one before the process ended
	// Unread is the time from After to the end of the interval; 0 in recordings that do not
	// have it.
	Unread  time.Duration
	Peak    uint64 // longest queue observed, in spans
	Looks   uint64 // readings at a constant rate
	Held    uint64 // spans in queue and batch, summed over Looks
	Earlier uint64 // dropped in earlier intervals that were merged into this one
	// Unseen is the number of spans in exports that were in progress when otwatch attached:
	// their outcome is unknown.
	Unseen uint64
	// Exported and Failed are the spans of this processor's finished exports.
	Exported  uint64
	Failed    uint64
	Flushes   Calls // of ForceFlush
	Shutdowns Calls
}

// Others are the span processors that a Snapshot has no room for. The exports are counted
// with their exporters, or with the one exporter without an address.
type Others struct {
	Processors uint64 // found since the attach
	Spans      uint64 // in their exports that returned in the interval
}

// Signals of Pipelines, and of Flushes.
const (
	Traces  = "traces"
	Metrics = "metrics"
	Logs    = "logs"
)

// Pipeline is the exports of metrics or logs.
type Pipeline struct {
	Signal  string // Metrics or Logs
	Calls   Calls
	Records uint64 // log records or data points handed over
	Failed  uint64 // of these, the ones whose call failed
	Largest uint64 // of those calls, in records
	Unsized uint64 // calls of which the number of records is unknown
	Dropped uint64 // log records that processors reported as dropped
	// Reasons are why calls returned an error.
	Reasons []Failure
	// Exporters are those of metric readers or log batch processors.
	Exporters []SignalExporter
}

// Settings are the options that a batch span processor runs with.
type Settings struct {
	MaxQueueSize       uint64
	MaxExportBatchSize uint64
	BatchTimeout       time.Duration
	ExportTimeout      time.Duration
	Blocking           bool
}

// Reading is a batch span processor's state at one moment, in spans. Dropped counts since the
// processor started, and wraps at 2³². Slack is how many spans may have been on their way
// from the queue to the batch, and so in neither or in both; it is 0 unless the processor
// is busy.
type Reading struct {
	Queue   uint64
	Batch   uint64
	Dropped uint32
	Slack   uint64
}

// Samples are the CPU samples of an interval: user stacks, taken at Hz on every CPU that the
// target ran on. The zero value means that CPU time was not sampled.
type Samples struct {
	Hz       float64
	SetAside uint64 // taken while probes were in place on the path of every span
	Trapped  uint64 // of SetAside, those taken during a hit of such a probe
	Lost     uint64 // without a stack, or without room for it
	Foreign  uint64 // of Stacks, those taken at a breakpoint that is not otwatch's
	Stacks   []Stack
}

// Process is the target's use of the machine.
type Process struct {
	CPU    time.Duration // user and system time used in the interval
	System time.Duration // of that, in the kernel
	RSS    uint64        // bytes, at the end of the interval
}

// Heap is what garbage collections reported that ended in the interval, if the collection
// before was observed too.
type Heap struct {
	Cycles    uint64
	Covered   time.Duration // from the end of one collection to the end of the next, summed
	Allocated uint64        // bytes allocated in that time
	Scanned   uint64        // bytes that may hold pointers, summed over Cycles
	Live      uint64        // bytes marked by the last collection
}

// Probing is what watching cost in the interval, and what it missed.
type Probing struct {
	Hits      uint64        // probe hits in the target
	Windows   uint64        // times a group of probes was opened
	Lost      uint64        // records and map entries without room
	Unmatched uint64        // returns whose call was not observed
	Undrawn   uint64        // starts and ends of sampled spans without room, or not readable
	TargetCPU time.Duration // CPU time that the probes added to the target
	HitCharge time.Duration // for one hit on an emulated instruction, at the end of the interval
	HitSource string        // how that was measured: calibration, trap samples
	AgentCPU  time.Duration // otwatch's own CPU time, whole process
	AgentRSS  uint64        // otwatch's own resident memory, bytes
	Exporting bool          // otwatch sends metrics
	Budget    float64       // share of the target's CPU that probing may take
}

// Unreceived is the Missing of a part of the finding not-exported: whether spans reach no span
// processor.
const Unreceived = "findings.not-exported.unreceived"

// Missing is a figure that cannot be claimed, by its path in the report, and the reason.
type Missing struct {
	// Path of the figure, without indices, as in `spans.live`. If it is an object, all that is
	// in it is missing. `findings.<id>` is a finding that was not judged, and `.others` behind a
	// list that the list is incomplete.
	What string `json:"what"`
	// The reason.
	Why string `json:"why"`
}

// Covers reports whether m is about a figure, given by its path, or about a part of the
// report that includes it.
func (m Missing) Covers(figure string) bool {
	return m.What == figure || strings.HasPrefix(figure, m.What+".")
}
