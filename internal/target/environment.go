package target

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// number matches the values of variables that are numbers.
var number = regexp.MustCompile(`^[0-9]{1,18}(\.[0-9]{1,18})?$`)

// harmless returns a value that is no secret, or the part of it that is none; empty if there is
// none.
type harmless func(value string) string

func aNumber(value string) string { return number.FindString(value) }

func oneOf(values ...string) harmless {
	return func(value string) string {
		if value = strings.ToLower(value); slices.Contains(values, value) {
			return value
		}
		return ""
	}
}

// hostOf returns the host and port of a URL. User names, paths and queries may be secrets.
func hostOf(value string) string {
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	return u.Host
}

// harmlessValues are the variables whose values are kept, if they are harmless: those that advice is
// about. Source: OpenTelemetry specification, configuration/sdk-environment-variables.md.
var harmlessValues = map[string]harmless{
	"OTEL_TRACES_SAMPLER": oneOf("always_on", "always_off", "traceidratio",
		"parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"),
	"OTEL_TRACES_SAMPLER_ARG": aNumber,

	"OTEL_BSP_MAX_QUEUE_SIZE": aNumber, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": aNumber, "OTEL_BSP_SCHEDULE_DELAY": aNumber, "OTEL_BSP_EXPORT_TIMEOUT": aNumber,
	"OTEL_EXPORTER_OTLP_ENDPOINT": hostOf, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": hostOf,
}

// Environment returns those of the process's OTEL_* variables whose values are harmless and
// matter for advice, sorted by name.
func (p *Process) Environment() []snapshot.Variable { return environment(p.environ()) }

func environment(environ []string) []snapshot.Variable {
	var found []snapshot.Variable
	for name, shown := range harmlessValues {
		value, _ := valueOf(environ, name)
		if value = shown(strings.TrimSpace(value)); value != "" {
			found = append(found, snapshot.Variable{Name: name, Value: value})
		}
	}
	slices.SortFunc(found, func(a, b snapshot.Variable) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// File is how a program is set up by a configuration file of OpenTelemetry.
type File struct {
	Variable string // that names the file; empty if none does
	Schema   string // version of the file's form; empty if no package that reads one is in the program
}

// schemas are the packages that read a configuration file, with the version of its form. Source:
// otelconf v0.15 to v0.27 of go.opentelemetry.io/contrib; its main package has read the variables
// since v0.20.
var schemas = []struct{ function, schema string }{
	{contrib + "otelconf.NewSDK", "1.0"},
	{contrib + "otelconf/v0%2e3%2e0.NewSDK", "0.3"},
	{contrib + "otelconf/v0.3.0.NewSDK", "0.3"},
	{contrib + "otelconf/v0%2e2%2e0.NewSDK", "0.2"},
	{contrib + "otelconf/v0.2.0.NewSDK", "0.2"},
}

// ConfigurationFile returns how the program reads a configuration file, if it does.
func (p *Process) ConfigurationFile() File {
	if p.Binary.ListsModules() && !p.Binary.Links(contrib+"otelconf") {
		return File{}
	}
	names := make([]string, len(schemas))
	for i, s := range schemas {
		names[i] = s.function
	}
	found, err := p.Binary.Functions(names...)
	if err != nil {
		return File{}
	}
	return configurationFile(p.environ(), func(function string) bool { return len(found[function]) > 0 })
}

func configurationFile(environ []string, linked func(function string) bool) File {
	for i, s := range schemas {
		if !linked(s.function) {
			continue
		}
		f := File{Schema: s.schema}
		for _, name := range []string{"OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"} {
			if value, _ := valueOf(environ, name); i == 0 && value != "" && f.Variable == "" {
				f.Variable = name
			}
		}
		return f
	}
	return File{}
}
