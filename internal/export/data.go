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

// data takes a metric's points from a cumulative Report, and returns nil if the Report
// does not have the figure.
type data func(report.Report, Kind) metricdata.Aggregation

func numbers[N int64 | float64](points func(report.Report) []point[N]) data {
	return func(r report.Report, kind Kind) metricdata.Aggregation {
		var out []metricdata.DataPoint[N]
		for _, p := range points(r) {
			out = append(out, metricdata.DataPoint[N]{
				Attributes: attribute.NewSet(p.attributes...),
				StartTime:  r.Window.Start,
				Time:       windowEnd(r.Window),
				Value:      p.value,
			})
		}
		switch {
		case len(out) == 0:
			return nil
		case kind == Gauge:
			return metricdata.Gauge[N]{DataPoints: out}
		default:
			return metricdata.Sum[N]{
				DataPoints:  out,
				Temporality: metricdata.CumulativeTemporality,
				IsMonotonic: kind == Counter,
			}
		}
	}
}

func histograms(points func(report.Report) []point[snapshot.Histogram]) data {
	return func(r report.Report, _ Kind) metricdata.Aggregation {
		var out []metricdata.HistogramDataPoint[float64]
		for _, p := range points(r) {
			out = append(out, histogramPoint(r.Window, p))
		}
		if len(out) == 0 {
			return nil
		}
		return metricdata.Histogram[float64]{DataPoints: out, Temporality: metricdata.CumulativeTemporality}
	}
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
