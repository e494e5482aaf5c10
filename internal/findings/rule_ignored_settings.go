package findings

import (
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

var ignoredSettings = rule{
	id: "ignored-settings", category: "Configuration",
	says: "OTEL_* variables are set that nothing in the program reads",
	when: "spans are recorded, and OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_PROPAGATORS or OTEL_CONFIG_FILE is set to a value " +
		"that asks for something else, in a program without a module that reads it",
	clears: "never: the environment of a process does not change",
	needs:  "no span has been seen, or neither the environment nor the build information could be read",
	judge:  judgeIgnoredSettings,
}

func judgeIgnoredSettings(s facts) verdict {
	set := s.Total.Target.Ignored
	if len(set) == 0 && s.Total.Target.Configured == nil {
		return verdict{}
	}
	names := slices.DeleteFunc(slices.Clone(set), s.mayBeHeeded)
	switch {
	case len(names) == 0:
		return verdict{state: absent}
	case !received(s.Total) && s.Total.CallsOf("recording") == 0:
		return verdict{}
	}
	title := strings.Join(names, " and ") + " " + english.PluralWord(len(names), "has", "have") + " no effect: no module of this program reads " + english.PluralWord(len(names), "it", "them")
	var advice []report.Advice
	for _, name := range names {
		advice = append(advice, code(adviceOnIgnored(name)))
	}
	return verdict{
		state: present, severity: report.Info, title: title,
		evidence: map[string]float64{"variables": float64(len(names))},
		advice:   advice,
	}
}

// mayBeHeeded reports whether the program does what a variable asks for all the same, or whether its
// own code may have read it: an exporter other than OTLP's was asked for, and none of OTLP's is in
// use; or none is in use that speaks another protocol.
func (s facts) mayBeHeeded(setting string) bool {
	name, value, _ := strings.Cut(setting, "=")
	another := "otlp_"
	switch {
	case strings.HasSuffix(name, "_PROTOCOL") && value == "grpc":
		another = "otlp_http_"
	case strings.HasSuffix(name, "_PROTOCOL"):
		another = "otlp_grpc_"
	case name != "OTEL_TRACES_EXPORTER":
		return false
	}
	return !slices.ContainsFunc(s.Total.Exports, func(e snapshot.Exporter) bool { return e.Spans > 0 && strings.HasPrefix(e.Component, another) })
}

// adviceOnIgnored says who reads a variable in Go.
func adviceOnIgnored(setting string) string {
	name, _, _ := strings.Cut(setting, "=")
	switch name {
	case "OTEL_SDK_DISABLED":
		return "Go's SDK does not read OTEL_SDK_DISABLED: read it in the program, and use the no-op provider where it is true"
	case "OTEL_TRACES_EXPORTER":
		return "make the exporter with go.opentelemetry.io/contrib/exporters/autoexport, which reads OTEL_TRACES_EXPORTER, or remove the variable"
	case "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL":
		return "choose the protocol by the exporter's package, otlptracegrpc or otlptracehttp; or make the exporter with go.opentelemetry.io/contrib/exporters/autoexport, which reads " + name
	case "OTEL_PROPAGATORS":
		return "make the propagator with go.opentelemetry.io/contrib/propagators/autoprop, which reads OTEL_PROPAGATORS, or remove the variable"
	}
	return "set up the SDK with go.opentelemetry.io/contrib/otelconf, which reads " + name + ", or remove the variable"
}
