package audit

import (
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/target"
)

// kinds are what modules are, by the beginning of their paths. The first row that fits counts.
var kinds = []struct{ path, kind string }{
	{"go.opentelemetry.io/otel/sdk", "sdk"},
	{"go.opentelemetry.io/otel/exporters/", "exporter"},
	{"go.opentelemetry.io/otel/bridge/", "instrumentation"},
	{"go.opentelemetry.io/otel", "api"},
	{"go.opentelemetry.io/contrib/exporters/autoexport", "settings"},
	{"go.opentelemetry.io/contrib/propagators/autoprop", "settings"},
	{"go.opentelemetry.io/contrib/otelconf", "settings"},
	{"go.opentelemetry.io/contrib/config", "settings"},
	{"go.opentelemetry.io/contrib/propagators/", "propagator"},
	{"go.opentelemetry.io/contrib/instrumentation/", "instrumentation"},
	{"go.opentelemetry.io/contrib/bridges/", "instrumentation"},
	{"go.opentelemetry.io/", "other"},
	{"github.com/open-telemetry/", "other"},
	{"", "instrumentation"},
}

func kindOf(path string) string {
	return kinds[slices.IndexFunc(kinds, func(k struct{ path, kind string }) bool { return strings.HasPrefix(path, k.path) })].kind
}

// settings are variables that only some modules read.
var settings = []string{"OTEL_TRACES_EXPORTER", "OTEL_PROPAGATORS", "OTEL_CONFIG_FILE"}

// settingsOf are the variables, each with the module that reads it. It is empty if the modules are
// not known, or if there is no SDK that they could configure.
func settingsOf(a target.Audit) []Setting {
	all := []Setting{}
	if !a.Links("go.opentelemetry.io/otel/sdk") {
		return all
	}
	for _, variable := range settings {
		found := Setting{Variable: variable}
		readers := target.ReadersOf(variable)
		if i := slices.IndexFunc(readers, a.Links); i >= 0 {
			found.Module = readers[i]
		}
		all = append(all, found)
	}
	return all
}
