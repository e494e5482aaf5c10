package export

import (
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	otlp "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// requestEncoder writes requests of OTLP from Reports, without the SDK's and protobuf's types for
// them: to make these, and to have them converted and encoded, was most of what sending took.
type requestEncoder struct {
	form      form
	resources map[attachment]encodedResource
	wire      wire // of the last request
}

// encodedResource is a target's Resource, which seldom changes.
type encodedResource struct {
	of      report.Target
	encoded []byte
}

func newRequestEncoder(how form) *requestEncoder {
	return &requestEncoder{form: how, resources: map[attachment]encodedResource{}}
}

// forget drops targets that are gone.
func (e *requestEncoder) forget(there map[attachment]bool) {
	maps.DeleteFunc(e.resources, func(a attachment, _ encodedResource) bool { return !there[a] })
}

// Fields of OTLP's messages. Source: opentelemetry-proto metrics/v1/metrics.proto,
// resource/v1/resource.proto, common/v1/common.proto, and
// collector/metrics/v1/metrics_service.proto.
const (
	requestResourceMetrics = 1

	resourceMetricsResource, resourceMetricsScopes, resourceMetricsSchema = 1, 2, 3

	resourceAttributes = 1

	scopeMetricsScope, scopeMetricsMetrics, scopeMetricsSchema = 1, 2, 3

	scopeNameField, scopeVersion = 1, 2

	metricName, metricDescription, metricUnit    = 1, 2, 3
	metricGauge, metricSum, metricHistogram      = 5, 7, 9
	dataPoints, dataTemporality, dataIsMonotonic = 1, 2, 3

	pointStart, pointTime                     = 2, 3
	numberDouble, numberInt, numberAttributes = 4, 6, 7
	histogramCount, histogramSum              = 4, 5
	histogramBuckets, histogramBounds         = 6, 7
	histogramAttributes                       = 9
	histogramMin, histogramMax                = 11, 12
	keyValueKey, keyValueValue                = 1, 2
	anyString, anyBool, anyInt, anyDouble     = 1, 2, 3, 4
	anyArray, arrayValues                     = 5, 1
)

// request is an ExportMetricsServiceRequest with the metrics of one cumulative Report.
func (e *requestEncoder) request(r report.Report) []byte {
	resource := e.resource(r)
	r = e.form.reduced(r)
	w := &e.wire
	w.b = w.b[:0]
	w.message(requestResourceMetrics, func() {
		w.b = append(w.b, resource...)
		w.message(resourceMetricsScopes, func() {
			w.message(scopeMetricsScope, func() {
				w.text(scopeNameField, scopeName)
				w.text(scopeVersion, e.form.Version)
			})
			for _, m := range metrics {
				if e.form.sends(m, r.Target) {
					w.metric(m, m.data(r), r.Window)
				}
			}
			w.text(scopeMetricsSchema, semconv.SchemaURL)
		})
	})
	return slices.Clone(w.b) // a transport may still read it when the next request is made
}

// resource is what a ResourceMetrics says of the target.
func (e *requestEncoder) resource(r report.Report) []byte {
	key := attachmentOf(r)
	if known, ok := e.resources[key]; ok && reflect.DeepEqual(known.of, r.Target) {
		return known.encoded
	}
	resource := e.form.resource(targetResource(r.Target, e.form.host))
	var w wire
	w.message(resourceMetricsResource, func() { w.attributes(resourceAttributes, resource.Attributes()) })
	w.text(resourceMetricsSchema, resource.SchemaURL())
	e.resources[key] = encodedResource{r.Target, w.b}
	return w.b
}

// wire writes protobuf.
type wire struct{ b []byte }

// metric writes a metric into a ScopeMetrics, unless it has no points.
func (w *wire) metric(m Metric, of values, window report.Window) {
	if of.none() {
		return
	}
	w.message(scopeMetricsMetrics, func() {
		w.text(metricName, m.Name())
		w.text(metricDescription, m.Description())
		w.text(metricUnit, m.Unit())
		w.message(metricFields[m.Kind], func() { w.points(m, of, window) })
	})
}

// metricFields are the fields of a Metric for its points.
var metricFields = [...]protowire.Number{Counter: metricSum, UpDownCounter: metricSum, Gauge: metricGauge, Histogram: metricHistogram}

func (w *wire) points(m Metric, of values, window report.Window) {
	times := times{uint64(max(0, window.Start.UnixNano())), uint64(max(0, windowEnd(window).UnixNano()))}
	for _, p := range of.whole {
		w.number(times, numberInt, uint64(p.value), p.attributes)
	}
	for _, p := range of.real {
		w.number(times, numberDouble, math.Float64bits(p.value), p.attributes)
	}
	for _, p := range of.distributions {
		w.message(dataPoints, func() { w.histogram(times, p) })
	}
	if m.Kind != Gauge {
		w.varint(dataTemporality, uint64(otlp.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE))
	}
	if m.Kind == Counter {
		w.varint(dataIsMonotonic, 1)
	}
}

// times are those of all points of a Report, in Unix nanoseconds.
type times struct{ start, end uint64 }

func (w *wire) times(t times) {
	w.fixed(pointStart, t.start)
	w.fixed(pointTime, t.end)
}

func (w *wire) number(t times, field protowire.Number, bits uint64, attributes []attribute.KeyValue) {
	w.message(dataPoints, func() {
		w.times(t)
		w.fixed(field, bits)
		w.attributes(numberAttributes, attributes)
	})
}

func (w *wire) histogram(t times, p point[snapshot.Histogram]) {
	h := p.value
	w.times(t)
	w.fixed(histogramCount, h.Count)
	w.fixed(histogramSum, math.Float64bits(h.Sum.Seconds()))
	w.message(histogramBuckets, func() {
		for _, n := range h.Buckets {
			w.b = protowire.AppendFixed64(w.b, n)
		}
	})
	w.message(histogramBounds, func() {
		for _, bound := range snapshot.DurationBounds {
			w.b = protowire.AppendFixed64(w.b, math.Float64bits(bound))
		}
	})
	if h.Max > 0 {
		w.fixed(histogramMin, math.Float64bits(h.Min.Seconds()))
		w.fixed(histogramMax, math.Float64bits(h.Max.Seconds()))
	}
	w.attributes(histogramAttributes, p.attributes)
}

func (w *wire) attributes(field protowire.Number, attributes []attribute.KeyValue) {
	for _, a := range attributes {
		w.message(field, func() {
			w.text(keyValueKey, string(a.Key))
			w.message(keyValueValue, func() { w.value(a.Value) })
		})
	}
}

// value writes a value of a type that otwatch's attributes have.
func (w *wire) value(v attribute.Value) {
	switch v.Type() {
	case attribute.BOOL:
		w.varint(anyBool, protowire.EncodeBool(v.AsBool()))
	case attribute.INT64:
		w.varint(anyInt, uint64(v.AsInt64()))
	case attribute.FLOAT64:
		w.fixed(anyDouble, math.Float64bits(v.AsFloat64()))
	case attribute.STRINGSLICE:
		w.message(anyArray, func() {
			for _, text := range v.AsStringSlice() {
				w.message(arrayValues, func() { w.text(anyString, text) })
			}
		})
	default:
		w.text(anyString, v.String())
	}
}

// message writes a field that holds a message, or packed numbers, which content writes.
func (w *wire) message(field protowire.Number, content func()) {
	w.b = protowire.AppendTag(w.b, field, protowire.BytesType)
	start := len(w.b)
	content()
	size := len(w.b) - start
	prefix := protowire.SizeVarint(uint64(size)) // the length stands before the content
	w.b = append(w.b, make([]byte, prefix)...)
	copy(w.b[start+prefix:], w.b[start:start+size])
	protowire.AppendVarint(w.b[:start], uint64(size))
}

// text writes a string. Bytes that are no UTF-8 become U+FFFD: receivers refuse a request that has
// any, with all its metrics.
func (w *wire) text(field protowire.Number, text string) {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	w.b = protowire.AppendString(protowire.AppendTag(w.b, field, protowire.BytesType), text)
}

func (w *wire) fixed(field protowire.Number, v uint64) {
	w.b = protowire.AppendFixed64(protowire.AppendTag(w.b, field, protowire.Fixed64Type), v)
}

func (w *wire) varint(field protowire.Number, v uint64) {
	w.b = protowire.AppendVarint(protowire.AppendTag(w.b, field, protowire.VarintType), v)
}
