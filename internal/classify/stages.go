package classify

// Stages of tracing's own work, as classified.
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

// directStages are those that a stack may have.
var directStages = []string{
	StageCreate, StageAttributes, StageEnd, StageSampling, StagePropagation, StageBatch, StageSerialize, StageCompress, StageSend, StageRetry,
}

// Stages of work that tracing causes elsewhere. No stack is classified as one of these:
// they are shares of other classes.
const (
	StageTransport = "transport"
	StageGC        = "gc"
	StageScheduler = "scheduler"
)
