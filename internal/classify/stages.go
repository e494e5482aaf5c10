package classify

// Stages of tracing's own work, as classified; some of them are of log records, too.
const (
	StageCreate      = "create"
	StageAttributes  = "attributes"
	StageEnd         = "end"
	StageSampling    = "sampling"
	StagePropagation = "propagation"
	StageBatch       = "batch"
	StageSerialize   = "serialize"
	StageCompress    = "compress"
	StageSend        = "send"
	StageRetry       = "retry"
)

// Stages of metrics.
const (
	StageRecord    = "record"
	StageCollect   = "collect"
	StageExport    = "export"
	StageExemplars = "exemplars"
)

// StageEmit is the making of log records, in a bridge or in the API. Their other stages are
// named as those of tracing.
const StageEmit = "emit"

// Stages of instrumentation: its own code, and the API of tracing, which a no-op provider runs
// too. No stack is classified as one of these.
const (
	StageLibrary = "library"
	StageAPI     = "api"
)

// directStages are those that a stack may have.
var directStages = []string{
	StageCreate, StageAttributes, StageEnd, StageSampling, StagePropagation, StageBatch, StageSerialize, StageCompress, StageSend, StageRetry,
	StageRecord, StageCollect, StageExport, StageExemplars, StageEmit,
}

// Stages of work that tracing causes elsewhere. No stack is classified as one of these:
// they are shares of other classes.
const (
	StageTransport = "transport"
	StageGC        = "gc"
	StageScheduler = "scheduler"
)
