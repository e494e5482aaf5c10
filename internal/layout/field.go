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

// Fields are all fields that the table has, in its order. One more is a line
// here and a run of make offsets.
var Fields = []Field{SpanSize, SpanContext, SpanEndTime, SpanAttributes}

// Layout is where fields lie in one version, in bytes from the struct's start.
type Layout map[Field]uint64
