package snapshot

// Variable is an environment variable of the target.
type Variable struct{ Name, Value string }

// Option is a function of the OpenTelemetry SDK, or of one of its exporters, that sets something,
// as in go.opentelemetry.io/otel/sdk/trace.WithSampler.
type Option struct {
	Function string
	Callers  []string // functions that call it, as far as they are known
}

// Sampler is the one of a TracerProvider.
type Sampler struct {
	// Name is one of the Samplers below, or the Go type of another, as in main.rules.
	Name string
	// Ratio is how many of the traces it samples, 0..1, if Name is TraceIDRatio or the sampler is
	// the one of sdk/trace/x; else 0.
	Ratio float64
	// ParentBased says that it is the one for spans without a parent, and Unusual that others
	// than the SDK's defaults are for spans with a parent.
	ParentBased, Unusual bool
}

// Names of samplers, as OTEL_TRACES_SAMPLER has them.
const (
	AlwaysOn     = "always_on"
	AlwaysOff    = "always_off"
	TraceIDRatio = "traceidratio"
)
