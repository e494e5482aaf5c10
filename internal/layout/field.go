package layout

// Field is a field of a struct of go.opentelemetry.io/otel/sdk/trace, or, with
// no name, the struct's size.
type Field struct{ Struct, Name string }

// The fields of recordingSpan, a span that has been started.
var (
	SpanSize       = Field{"recordingSpan", ""}
	SpanContext    = Field{"recordingSpan", "spanContext"}
	SpanEndTime    = Field{"recordingSpan", "endTime"}
	SpanAttributes = Field{"recordingSpan", "attributes"}
)

// SnapshotSize is that of a span as processors are handed it, which ends with the
// scope that it was made in.
var SnapshotSize = Field{"snapshot", ""}

// snapshotScope is where a snapshot has its scope, in v1.0 to v1.47. Source:
// sdk/trace/snapshot.go, read back from DWARF.
const snapshotScope = 336

// Fields are all fields that the table has, in its order. One more is a line
// here and a run of make offsets.
var Fields = []Field{SpanSize, SpanContext, SpanEndTime, SpanAttributes, SnapshotSize}

// Layout is where fields lie in one version, in bytes from the struct's start.
type Layout map[Field]uint64

// ScopeSize is the size of an instrumentation.Scope, which metrics are grouped by
// too.
func (l Layout) ScopeSize() uint64 { return l[SnapshotSize] - snapshotScope }
