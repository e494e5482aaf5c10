package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/otlptranslator"

	"github.com/otwatch/otwatch/internal/export"
)

// form is a way in which Prometheus names OTLP metrics: its translation_strategy.
type form struct {
	suffix string // of the files' names
	utf8   bool
}

// forms are Prometheus's default, UnderscoreEscapingWithSuffixes, and
// NoUTF8EscapingWithSuffixes.
var forms = []form{{}, {suffix: ".utf8", utf8: true}}

func (f form) strategy() otlptranslator.TranslationStrategyOption {
	if f.utf8 {
		return otlptranslator.NoUTF8EscapingWithSuffixes
	}
	return otlptranslator.UnderscoreEscapingWithSuffixes
}

var (
	metricPattern = regexp.MustCompile(`@([a-z_]+(?:\.[a-z_]+)*)(?::(bucket|sum|count))?(?:\{([^{}]*)\})?`)
	labelPattern  = regexp.MustCompile(`#([a-z_]+(?:\.[a-z_]+)*)`)
)

// query writes a query, in which @otwatch.tracing.cpu.share is a metric, and #error.type
// a label, by the names that they have in OTLP. @name:bucket is a series of a histogram.
func (f form) query(text string) (string, error) {
	var unknown error
	text = metricPattern.ReplaceAllStringFunc(text, func(found string) string {
		part := metricPattern.FindStringSubmatch(found)
		name, err := f.metric(part[1])
		if err != nil {
			unknown = err
		}
		if part[2] != "" {
			name += "_" + part[2]
		}
		switch {
		case f.utf8 && part[3] != "":
			return fmt.Sprintf("{%q, %s}", name, part[3])
		case f.utf8:
			return fmt.Sprintf("{%q}", name)
		case part[3] != "":
			return name + "{" + part[3] + "}"
		}
		return name
	})
	if unknown != nil {
		return "", unknown
	}
	return labelPattern.ReplaceAllStringFunc(text, func(found string) string {
		if name := f.label(found[1:]); f.utf8 && strings.Contains(name, ".") {
			return fmt.Sprintf("%q", name)
		} else {
			return name
		}
	}), nil
}

// metric is the name of a metric of the table.
func (f form) metric(name string) (string, error) {
	for _, m := range export.Metrics() {
		if m.Name() != name {
			continue
		}
		namer := otlptranslator.NewMetricNamer("", f.strategy())
		return namer.Build(otlptranslator.Metric{Name: name, Unit: m.Unit(), Type: metricTypes[m.Kind]})
	}
	return "", fmt.Errorf("no metric is named %s", name)
}

var metricTypes = map[export.Kind]otlptranslator.MetricType{
	export.Counter:       otlptranslator.MetricTypeMonotonicCounter,
	export.UpDownCounter: otlptranslator.MetricTypeNonMonotonicCounter,
	export.Gauge:         otlptranslator.MetricTypeGauge,
	export.Histogram:     otlptranslator.MetricTypeHistogram,
}

func (f form) label(name string) string {
	if f.utf8 {
		return name
	}
	return strings.ReplaceAll(name, ".", "_")
}

// annotation writes a text of an alert, in which #error.type is the value of a label.
func (f form) annotation(text string) string {
	return labelPattern.ReplaceAllStringFunc(text, func(found string) string {
		return fmt.Sprintf("{{ index $labels %q }}", f.label(found[1:]))
	})
}

// legend writes the name of a series, in which #error.type is the value of a label.
func (f form) legend(text string) string {
	return labelPattern.ReplaceAllStringFunc(text, func(found string) string {
		return "{{" + f.label(found[1:]) + "}}"
	})
}
