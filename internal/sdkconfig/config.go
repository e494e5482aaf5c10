package sdkconfig

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Config is how one target is set up.
type Config struct {
	target    snapshot.Target
	pipelines pipelines
	settings  []report.ConfiguredSetting
	sites     []string // lines that build providers and processors
}

// Of works out how the target of a Snapshot is set up.
func Of(s snapshot.Snapshot) Config {
	c := Config{target: s.Target, pipelines: pipelinesOf(s), settings: []report.ConfiguredSetting{}}
	for _, variable := range slices.Sorted(maps.Keys(settings)) {
		if row := settings[variable]; row.inMemory != nil {
			c.add(variable, row, row.inMemory(s))
		}
	}
	for _, site := range s.Building.Sites {
		if site.Kind == "TracerProvider" || site.Kind == "batch span processor" {
			own := site.Site
			if site.Own.Function != "" {
				own = site.Own
			}
			c.sites = withNew(c.sites, placeOf(own))
		}
	}
	return c
}

// OfReport is how the process of a Report is set up, as far as that is needed to write settings as
// code or in a file.
func OfReport(r report.Report) Config {
	c := Config{pipelines: pipelines{}}
	c.target.FileSchema = cmp.Or(r.Configuration.FileSchema, "1.0")
	for _, p := range r.Processors {
		if protocol := protocolOf(p.Exporter); protocol != "" {
			c.pipelines[snapshot.Traces] = "otlptrace" + protocol
		}
	}
	return c
}

// add lists a setting, once for each value that components have.
func (c *Config) add(variable string, row setting, values []inMemory) {
	first := len(c.settings)
	for _, m := range values {
		at := slices.IndexFunc(c.settings[first:], func(s report.ConfiguredSetting) bool { return s.Value == m.value })
		if at >= 0 {
			same := &c.settings[first+at]
			same.Components = append(same.Components, m.component)
			continue
		}
		c.settings = append(c.settings, report.ConfiguredSetting{
			Variable: variable, Components: []string{m.component}, Value: m.value, Origin: c.origin(variable, m.value), Callers: c.callers(row),
		})
	}
}

// placeOf is a frame's function, with its file and line if they are known.
func placeOf(f snapshot.Frame) string {
	if f.File == "" {
		return f.Function
	}
	return fmt.Sprintf("%s (%s:%d)", f.Function, f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line)
}

// Report is what reports have of it.
func (c Config) Report() report.Configuration {
	return report.Configuration{By: c.by(), FileVariable: c.target.ConfigurationFile, FileSchema: c.target.FileSchema, Settings: c.settings}
}

// by are the ways in which the settings in memory came about, the most likely first.
func (c Config) by() []string {
	if c.target.ConfigurationFile != "" {
		return []string{report.ByFile}
	}
	by := []string{}
	from := func(origin string) bool {
		return slices.ContainsFunc(c.settings, func(s report.ConfiguredSetting) bool { return s.Origin == origin })
	}
	if c.target.FileSchema != "" {
		by = append(by, report.ByFile)
	}
	if from(report.FromCode) {
		by = append(by, report.ByCode)
	}
	if from(report.FromEnvironment) || from(report.FromDefault) && len(by) == 0 {
		by = append(by, report.ByVariables)
	}
	return by
}

// variable is an environment variable of the target. known is false if it is set, or may be, to a
// value that was not kept.
func (c Config) variable(name string) (value string, set, known bool) {
	for _, v := range c.target.Environment {
		if v.Name == name {
			return v.Value, true, true
		}
	}
	if c.target.Configured == nil {
		return "", false, false
	}
	set = slices.Contains(c.target.Configured, name)
	return "", set, !set
}

// expected is the value that a setting has by the environment alone. set is false if that is the
// SDK's own. known is false if the environment has a value that was not kept.
func (c Config) expected(variable string) (value string, set, known bool) {
	usual := settings[variable].usual
	switch variable {
	case endpointVariable:
		value, set, known = c.variable(tracesEndpointVariable)
		if !set && known {
			value, set, known = c.variable(endpointVariable)
		}
		usual = "localhost:4317"
		if strings.HasSuffix(c.pipelines[snapshot.Traces], "http") {
			usual = "localhost:4318"
		}
	case samplerVariable:
		value, set, known = c.variable(samplerVariable)
		if set && strings.HasSuffix(value, snapshot.TraceIDRatio) {
			ratio, argued, readable := c.variable(ratioVariable)
			known = known && readable
			if !argued {
				ratio = "1"
			}
			value += " " + ratio
		}
	case batchVariable:
		value, set, known = c.variable(batchVariable)
		queue, _, queueKnown := c.expected(queueVariable)
		size, queueSize := number(cmp.Or(value, usual)), number(queue)
		if known && queueKnown && size > queueSize { // Source: NewBatchSpanProcessor
			value, set = strconv.FormatFloat(min(number(usual), queueSize), 'f', -1, 64), true
		}
	default:
		value, set, known = c.variable(variable)
	}
	if !set {
		value = usual
	}
	return value, set, known
}

func number(text string) float64 {
	value, _ := strconv.ParseFloat(text, 64) // 0 is no setting
	return value
}

// origin is where a value in memory comes from; "" if that is not known.
func (c Config) origin(variable, value string) string {
	expected, set, known := c.expected(variable)
	switch {
	case !known:
		return ""
	case same(expected, value) && set:
		return report.FromEnvironment
	case same(expected, value):
		return report.FromDefault
	case c.target.ConfigurationFile != "":
		return report.FromFile
	}
	return report.FromCode
}

// same reports whether two values are one, as 0.10 and 0.1.
func same(x, y string) bool { return normal(x) == normal(y) }

// normal is a value with its number as numbers are usually written. A sampler with a ratio of 1 is
// one of all spans: before v1.41 the SDK made that of it.
func normal(value string) string {
	name, ratio, sampler := strings.Cut(value, " ")
	if !sampler {
		name, ratio = "", value
	}
	switch n, err := strconv.ParseFloat(ratio, 64); {
	case err != nil:
		return value
	case sampler && n >= 1:
		return strings.Replace(name, snapshot.TraceIDRatio, snapshot.AlwaysOn, 1)
	default:
		return strings.TrimSpace(name + " " + strconv.FormatFloat(n, 'g', 6, 64))
	}
}

// callers are the functions of the program that call an option.
func (c Config) callers(row setting) []string {
	callers := []string{}
	for _, o := range c.target.Options {
		if !slices.Contains(row.sets, o.Function) {
			continue
		}
		for _, caller := range o.Callers {
			if isOwn(caller) {
				callers = withNew(callers, caller)
			}
		}
	}
	return callers
}

// isOwn reports whether a function that calls an option is neither the SDK's nor otelconf's.
func isOwn(caller string) bool {
	return !strings.HasPrefix(caller, otel) && !strings.HasPrefix(caller, "go.opentelemetry.io/contrib/otelconf")
}
