package sdkconfig

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// ways are those in which a setting can be changed, the most likely first.
func (c Config) ways(variable string) []string {
	if c.target.ConfigurationFile != "" {
		return []string{report.ByFile}
	}
	origins := map[string]bool{}
	for _, s := range c.settings {
		if s.Variable == base(variable) {
			origins[s.Origin] = true
		}
	}
	byFile := c.target.FileSchema != ""
	switch {
	case origins[report.FromCode] && byFile:
		return []string{report.ByFile, report.ByCode}
	case origins[report.FromCode]:
		return []string{report.ByCode}
	case byFile && !origins[report.FromEnvironment]:
		return []string{report.ByFile, report.ByVariables}
	case origins[""], len(origins) == 0:
		return c.likely(base(variable))
	case origins[report.FromDefault] && len(c.callers(settings[base(variable)])) > 0:
		return []string{report.ByVariables, report.ByCode} // the code may set what is the default
	}
	return []string{report.ByVariables}
}

// base is the variable by which settings list what another sets, too.
func base(variable string) string {
	switch variable {
	case ratioVariable:
		return samplerVariable
	case tracesEndpointVariable:
		return endpointVariable
	}
	return variable
}

// likely are the ways for a setting whose value in memory, or in the environment, is not known.
func (c Config) likely(variable string) []string {
	_, set, _ := c.variable(variable)
	switch {
	case !c.mayCall(settings[variable].sets):
		return []string{report.ByVariables}
	case c.target.Options != nil && !set:
		return []string{report.ByCode, report.ByVariables}
	}
	return []string{report.ByVariables, report.ByCode}
}

// mayCall reports whether the program may call one of the options: if nothing does, the linker
// drops it. The SDK calls WithSampler itself.
func (c Config) mayCall(options []string) bool {
	if c.target.Options == nil {
		return len(options) > 0
	}
	return slices.ContainsFunc(c.target.Options, func(o snapshot.Option) bool {
		return slices.Contains(options, o.Function) && (len(o.Callers) == 0 || slices.ContainsFunc(o.Callers, isOwn))
	})
}

// Fit writes advice in the way in which the program can follow it: with the variables that can take
// effect, Go code, or lines of the configuration file. If that is not known, it has several.
func (c Config) Fit(a report.Advice) report.Advice {
	a.By, a.Env, a.Go, a.YAML, a.Where = []string{}, map[string]string{}, []string{}, "", []string{}
	if len(a.Wanted) == 0 {
		return a
	}
	variables := slices.Sorted(maps.Keys(a.Wanted))
	for _, variable := range variables {
		a.By = narrower(a.By, c.ways(variable))
	}
	if slices.Contains(a.By, report.ByCode) {
		a.Go, a.Where = c.Options(a.Wanted), c.where(variables)
	}
	if slices.Contains(a.By, report.ByFile) {
		a.YAML = c.Lines(a.Wanted)
	}
	a.By = slices.DeleteFunc(a.By, func(way string) bool {
		return way == report.ByCode && len(a.Go) == 0 || way == report.ByFile && a.YAML == ""
	})
	if len(a.By) == 0 { // nothing is known that is better
		a.By = []string{report.ByVariables}
	}
	if slices.Contains(a.By, report.ByVariables) {
		a.Env = a.Wanted
	}
	return a
}

// narrower are the ways of one list, or of another that leaves out more. Code and a file can hold
// all settings, and variables only those that nothing else sets.
func narrower(x, y []string) []string {
	if len(x) == 0 || slices.Contains(x, report.ByVariables) && !slices.Contains(y, report.ByVariables) {
		return y
	}
	if len(y) > len(x) && slices.Contains(x, report.ByVariables) {
		return y
	}
	return x
}

// Options are the statements and then the options of Go that set what is wanted, each once: limits
// of spans share theirs. They are empty if there are none for some of it.
func (c Config) Options(wanted map[string]string) []string {
	statements, options := []string{}, []string{}
	for _, variable := range slices.Sorted(maps.Keys(wanted)) {
		var expressions []string
		switch row := settings[variable]; {
		case variable == samplerVariable:
			expressions = samplerOption(wanted[variable], wanted[ratioVariable])
		case variable == ratioVariable:
			continue
		case row.option != nil:
			expressions = row.option(wanted[variable], c.pipelines)
		}
		if len(expressions) == 0 {
			return []string{}
		}
		last := len(expressions) - 1
		statements, options = withNew(statements, expressions[:last]...), withNew(options, expressions[last])
	}
	return append(statements, options...)
}

// withNew appends to a list what it does not have yet.
func withNew(list []string, more ...string) []string {
	for _, text := range more {
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

// samplerOption is the Go option of a sampler by its variables; empty if the SDK has no such one.
func samplerOption(name, ratio string) []string {
	root, parentBased := strings.CutPrefix(name, "parentbased_")
	option, known := map[string]string{
		snapshot.AlwaysOn: "trace.AlwaysSample()", snapshot.AlwaysOff: "trace.NeverSample()", snapshot.TraceIDRatio: "trace.TraceIDRatioBased(" + cmp.Or(ratio, "1") + ")",
	}[root]
	if !known || ratio != "" && !isNumber(ratio) {
		return nil
	}
	if parentBased {
		option = "trace.ParentBased(" + option + ")"
	}
	return []string{"trace.WithSampler(" + option + ")"}
}

// maxWhere bounds the places that advice names.
const maxWhere = 3

// where are the places in the program at which options of the variables are set or, if these are
// not known, providers and processors are built.
func (c Config) where(variables []string) []string {
	places := []string{}
	for _, variable := range variables {
		places = withNew(places, c.callers(settings[base(variable)])...)
	}
	if len(places) == 0 {
		places = append(places, c.sites...)
	}
	return places[:min(len(places), maxWhere)]
}
