package export

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Kind is how a metric's points relate to time.
type Kind int

const (
	// Counter is a total since otwatch attached, which never falls.
	Counter Kind = iota
	// UpDownCounter is a number whose sum over series makes sense.
	UpDownCounter
	// Gauge is a number whose sum does not.
	Gauge
	// Histogram is a distribution of all values since otwatch attached.
	Histogram
)

func (k Kind) String() string {
	return [...]string{"Counter", "UpDownCounter", "Gauge", "Histogram"}[k]
}

// point is the value of one series.
type point[T any] struct {
	attributes []attribute.KeyValue
	value      T
}

// single is the point of a metric with one series and no attributes.
func single[T any](value T) []point[T] { return []point[T]{{value: value}} }

// values are a metric's points, one for each series: numbers of one type, or distributions.
type values struct {
	whole         []point[int64]
	real          []point[float64]
	distributions []point[snapshot.Histogram]
}

func (v values) none() bool { return len(v.whole)+len(v.real)+len(v.distributions) == 0 }

// data takes a metric's points from a cumulative Report. There are none if the Report does not
// have the figure.
type data func(report.Report) values

func numbers[N int64 | float64](points func(report.Report) []point[N]) data {
	return func(r report.Report) (v values) {
		switch points := any(points(r)).(type) {
		case []point[int64]:
			v.whole = points
		case []point[float64]:
			v.real = points
		}
		return v
	}
}

func histograms(points func(report.Report) []point[snapshot.Histogram]) data {
	return func(r report.Report) values { return values{distributions: points(r)} }
}

// aggregation is the points of a metric as the SDK has them; nil if there are none.
func (v values) aggregation(w report.Window, kind Kind) metricdata.Aggregation {
	switch {
	case len(v.whole) > 0:
		return aggregationOf(w, kind, v.whole)
	case len(v.real) > 0:
		return aggregationOf(w, kind, v.real)
	case len(v.distributions) > 0:
		var out []metricdata.HistogramDataPoint[float64]
		for _, p := range v.distributions {
			out = append(out, histogramPoint(w, p))
		}
		return metricdata.Histogram[float64]{DataPoints: out, Temporality: metricdata.CumulativeTemporality}
	}
	return nil
}

func aggregationOf[N int64 | float64](w report.Window, kind Kind, points []point[N]) metricdata.Aggregation {
	out := make([]metricdata.DataPoint[N], 0, len(points))
	for _, p := range points {
		out = append(out, metricdata.DataPoint[N]{
			Attributes: attribute.NewSet(p.attributes...), StartTime: w.Start, Time: windowEnd(w), Value: p.value,
		})
	}
	if kind == Gauge {
		return metricdata.Gauge[N]{DataPoints: out}
	}
	return metricdata.Sum[N]{DataPoints: out, Temporality: metricdata.CumulativeTemporality, IsMonotonic: kind == Counter}
}

func histogramPoint(w report.Window, p point[snapshot.Histogram]) metricdata.HistogramDataPoint[float64] {
	h := p.value
	out := metricdata.HistogramDataPoint[float64]{
		Attributes:   attribute.NewSet(p.attributes...),
		StartTime:    w.Start,
		Time:         windowEnd(w),
		Count:        h.Count,
		Sum:          h.Sum.Seconds(),
		Bounds:       snapshot.DurationBounds,
		BucketCounts: h.Buckets[:],
	}
	if h.Max > 0 {
		out.Min = metricdata.NewExtrema(h.Min.Seconds())
		out.Max = metricdata.NewExtrema(h.Max.Seconds())
	}
	return out
}
