package target

import (
	"slices"
	"strings"
)

// setting is a variable of OpenTelemetry's specification that Go's SDK does not read, up to
// v1.47.
type setting struct {
	name string
	// readers are the modules that read it. Distributions do, or may: their paths are cut.
	readers []string
	// harmless are values that ask for what programs do without the variable, or that may be
	// set for programs in other languages.
	harmless []string
	// shown are values that are no secret. Others do not count if all are known.
	shown []string
	known bool
}

const contrib = "go.opentelemetry.io/contrib/"

// protocols are values of OTEL_EXPORTER_OTLP_PROTOCOL. An exporter has the protocol of its package.
var protocols = []string{"grpc", "http/protobuf", "http/json"}

// distributions are modules that set up the SDK for a program, by variables too.
var distributions = []string{
	"github.com/signalfx/splunk-otel-go", "github.com/honeycombio/otel-config-go", "github.com/honeycombio/honeycomb-opentelemetry-go",
	"github.com/lightstep/otel-launcher-go", "github.com/uptrace/uptrace-go", "github.com/grafana/grafana-opentelemetry-go",
}

// unread is the table. Source: sdk/internal/env and sdk/trace of each version, and exporters/autoexport,
// propagators/autoprop and otelconf of go.opentelemetry.io/contrib.
var unread = []setting{
	{name: "OTEL_SDK_DISABLED", harmless: []string{"0", "no", "off"}, shown: []string{"true"}},
	{name: "OTEL_TRACES_EXPORTER", readers: []string{contrib + "exporters/autoexport"},
		harmless: []string{"otlp"}, shown: []string{"none", "console", "zipkin", "jaeger", "logging"}, known: true},
	{name: "OTEL_EXPORTER_OTLP_PROTOCOL", readers: []string{contrib + "exporters/autoexport"}, shown: protocols, known: true},
	{name: "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", readers: []string{contrib + "exporters/autoexport"}, shown: protocols, known: true},
	{name: "OTEL_PROPAGATORS", readers: []string{contrib + "propagators/autoprop"},
		harmless: []string{"tracecontext", "baggage", "tracecontext,baggage", "baggage,tracecontext"},
		shown:    []string{"none", "b3", "b3multi", "jaeger", "xray", "ottrace"}},
	{name: "OTEL_CONFIG_FILE", readers: []string{contrib + "otelconf", contrib + "config"}},
	{name: "OTEL_EXPERIMENTAL_CONFIG_FILE", readers: []string{contrib + "otelconf", contrib + "config"}},
}

// ReadersOf lists the modules that read a variable which the SDK does not read.
func ReadersOf(variable string) []string {
	for _, s := range unread {
		if s.name == variable {
			return s.readers
		}
	}
	return nil
}

// Ignored lists the variables that are set and that no module of the program reads, each with
// its value if that is no secret. It is nil if the environment cannot be read, or if the
// program has no build information. The program's own code may read them.
func (p *Process) Ignored() []string {
	environ := p.environ()
	if environ == nil || !p.Binary.ListsModules() {
		return nil
	}
	return ignored(environ, p.Binary.Links)
}

func ignored(environ []string, links func(module string) bool) []string {
	if slices.ContainsFunc(distributions, links) {
		return nil
	}
	var found []string
	for _, s := range unread {
		value, set := valueOf(environ, s.name)
		value = strings.ToLower(strings.TrimSpace(value))
		switch {
		case !set || value == "" || value == "false" || slices.Contains(s.harmless, value) || slices.ContainsFunc(s.readers, links):
		case slices.Contains(s.shown, value):
			found = append(found, s.name+"="+value)
		case !s.known:
			found = append(found, s.name)
		}
	}
	return found
}

// valueOf is the value that os.Getenv returns in the process: that of the first variable of the
// name.
func valueOf(environ []string, name string) (value string, set bool) {
	for _, variable := range environ {
		if value, is := strings.CutPrefix(variable, name+"="); is {
			return value, true
		}
	}
	return "", false
}
