package layout

// Field is a field of a struct of a Part or, without a name, the struct's size.
type Field struct{ Struct, Name string }

// The fields of recordingSpan, a span that has been started.
var (
	SpanSize       = Field{"recordingSpan", ""}
	SpanContext    = Field{"recordingSpan", "spanContext"}
	SpanParent     = Field{"recordingSpan", "parent"}
	SpanName       = Field{"recordingSpan", "name"}
	SpanEndTime    = Field{"recordingSpan", "endTime"}
	SpanAttributes = Field{"recordingSpan", "attributes"}
	SpanTracer     = Field{"recordingSpan", "tracer"}
)

// The way from a span's tracer to the processors and the sampler.
var (
	TracerProvider     = Field{"tracer", "provider"}
	ProviderProcessors = Field{"TracerProvider", "spanProcessors"}
	ProviderSampler    = Field{"TracerProvider", "sampler"}
)

// SnapshotSize is the size of a span as processors are handed it. The last field is the
// scope that made the span.
var SnapshotSize = Field{"snapshot", ""}

// snapshotScope is the offset of the scope in a snapshot, in v1.0 to v1.47. Source:
// sdk/trace/snapshot.go, read back from DWARF.
const snapshotScope = 336

// The fields of g, a goroutine.
var (
	GoroutineStatus = Field{"g", "atomicstatus"}
	GoroutineStart  = Field{"g", "startpc"} // entry of the function that it was started with
)

// Layout is the offsets of fields in one version, in bytes from the start of the struct.
type Layout map[Field]uint64

// ScopeSize is the size of an instrumentation.Scope, by which metrics are grouped too.
func (l Layout) ScopeSize() uint64 { return l[SnapshotSize] - snapshotScope }
