package layout

import "regexp"

// Part is a package whose structs otwatch reads, with the layouts of its minor versions.
type Part struct {
	name    string // for people
	version string // a version of minor 0, but for its number
	release *regexp.Regexp
	prefix  string  // of the names of structs in debug information
	fields  []Field // in the order of the table
	table   *versions
}

// versions is a table of layouts.
type versions struct {
	first, last int // minor versions
	rows        []row
}

// The parts. To add a field, add it to its part, and run make offsets.
var (
	// SDK is go.opentelemetry.io/otel/sdk/trace.
	SDK = Part{
		name: "the SDK", version: "v1.", release: regexp.MustCompile(`^v1\.([0-9]+)\.[0-9]+$`), prefix: "go.opentelemetry.io/otel/sdk/trace.",
		fields: []Field{
			SpanSize, SpanContext, SpanParent, SpanName, SpanEndTime, SpanAttributes, SpanTracer, TracerProvider, ProviderProcessors, ProviderSampler, SnapshotSize,
		}, table: &sdkVersions,
	}
	// Runtime is Go's, the same on amd64 and arm64.
	Runtime = Part{
		name: "Go", version: "go1.", release: regexp.MustCompile(`^go1\.([0-9]+)(\.[0-9]+|rc[0-9]+)?$`), prefix: "runtime.",
		fields: []Field{GoroutineStatus, GoroutineStart}, table: &runtimeVersions,
	}
)

// Fields are the fields of the part, in the order of its table.
func (p Part) Fields() []Field { return p.fields }
