package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// sample is one point of a series as it arrived. Of a histogram, value is the
// count.
type sample struct {
	start, time pcommon.Timestamp
	value       float64
}

// series is what arrived under one set of attributes of one metric.
type series struct {
	attributes map[string]any
	samples    []sample
}

// arrivedMetric is all that arrived under one metric's name.
type arrivedMetric struct {
	unit, kind string
	series     map[string]*series // by attributes
}

// arrivals is everything that otwatch sent about one target.
type arrivals struct {
	resource map[string]any
	metrics  map[string]*arrivedMetric
}

// received puts together what the collector got. There must have been one
// Resource only.
func (c *collector) received(t *testing.T) arrivals {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	all := arrivals{metrics: map[string]*arrivedMetric{}}
	for _, export := range c.exports {
		for _, rm := range export.ResourceMetrics().All() {
			resource := rm.Resource().Attributes().AsRaw()
			if all.resource != nil && !maps.Equal(all.resource, resource) {
				t.Fatalf("two Resources for one target:\n%v\n%v", all.resource, resource)
			}
			all.resource = resource
			for _, scope := range rm.ScopeMetrics().All() {
				for _, m := range scope.Metrics().All() {
					all.add(m)
				}
			}
		}
	}
	return all
}

func (a arrivals) add(m pmetric.Metric) {
	metric := a.metrics[m.Name()]
	if metric == nil {
		metric = &arrivedMetric{unit: m.Unit(), kind: kindOf(m), series: map[string]*series{}}
		a.metrics[m.Name()] = metric
	}
	switch m.Type() {
	case pmetric.MetricTypeSum:
		metric.addNumbers(m.Sum().DataPoints())
	case pmetric.MetricTypeGauge:
		metric.addNumbers(m.Gauge().DataPoints())
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			metric.add(p.Attributes(), sample{p.StartTimestamp(), p.Timestamp(), float64(p.Count())})
		}
	}
}

func (m *arrivedMetric) addNumbers(points pmetric.NumberDataPointSlice) {
	for _, p := range points.All() {
		value := p.DoubleValue()
		if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
			value = float64(p.IntValue())
		}
		m.add(p.Attributes(), sample{p.StartTimestamp(), p.Timestamp(), value})
	}
}

func (m *arrivedMetric) add(attributes pcommon.Map, s sample) {
	raw := attributes.AsRaw()
	key := strings.TrimPrefix(fmt.Sprint(raw), "map") // fmt sorts the keys
	if m.series[key] == nil {
		m.series[key] = &series{attributes: raw}
	}
	m.series[key].samples = append(m.series[key].samples, s)
}

// kindOf is the instrument that a metric is of, as package export calls it.
func kindOf(m pmetric.Metric) string {
	switch {
	case m.Type() == pmetric.MetricTypeSum && m.Sum().AggregationTemporality() != pmetric.AggregationTemporalityCumulative,
		m.Type() == pmetric.MetricTypeHistogram && m.Histogram().AggregationTemporality() != pmetric.AggregationTemporalityCumulative:
		return "not cumulative"
	case m.Type() == pmetric.MetricTypeSum && m.Sum().IsMonotonic():
		return "Counter"
	case m.Type() == pmetric.MetricTypeSum:
		return "UpDownCounter"
	default:
		return m.Type().String()
	}
}

// total adds up the newest values of a metric's series; failed chooses those
// with an error.type, or those without.
func (a arrivals) total(name string, failed bool) float64 {
	metric := a.metrics[name]
	if metric == nil {
		return 0
	}
	sum := 0.0
	for _, s := range metric.series {
		if _, has := s.attributes["error.type"]; has == failed {
			sum += s.samples[len(s.samples)-1].value
		}
	}
	return sum
}

// checkOrder demands that no series goes back in time, begins anew, or, where
// it is a total, falls.
func (a arrivals) checkOrder(t *testing.T) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(a.metrics)) {
		metric := a.metrics[name]
		rises := metric.kind == "Counter" || metric.kind == "Histogram"
		for key, s := range metric.series {
			for i := 1; i < len(s.samples); i++ {
				before, after := s.samples[i-1], s.samples[i]
				switch {
				case after.start != before.start:
					t.Errorf("%s%s begins at %v and then at %v", name, key, before.start.AsTime(), after.start.AsTime())
				case after.time < before.time:
					t.Errorf("%s%s goes back in time from %v to %v", name, key, before.time.AsTime(), after.time.AsTime())
				case rises && after.value < before.value:
					t.Errorf("%s%s falls from %v to %v", name, key, before.value, after.value)
				}
			}
		}
	}
}

func (a arrivals) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(a.metrics)) {
		for key, s := range a.metrics[name].series {
			fmt.Fprintf(&b, "%s%s %v (%d samples)\n", name, key, s.samples[len(s.samples)-1].value, len(s.samples))
		}
	}
	return b.String()
}
