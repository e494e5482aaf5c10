package export

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otwatch/otwatch/internal/report"
)

// ScrapeType is the content type of what a Scraper writes.
const ScrapeType = "text/plain; version=0.0.4; charset=utf-8"

// Scraper writes metrics for a Prometheus server.
type Scraper struct{ form form }

func NewScraper(how Format) *Scraper { return &Scraper{newForm(how)} }

// Write writes the metrics of the newest cumulative Reports, with the names and labels that
// Prometheus's OTLP receiver gives to the same metrics by default: job is the service with
// its namespace, instance is service.instance.id, and the rest of the Resource is in
// target_info. Of two Reports of one process, the last counts.
func (s *Scraper) Write(w io.Writer, reports []report.Report) error {
	page := scrape{byMetric: map[string]*family{}, names: map[string]string{}, sets: map[attribute.Distinct]string{}}
	seen := map[string]bool{}
	for _, r := range slices.Backward(reports) {
		if identity := instanceID(r.Target, s.form.host); !seen[identity] {
			seen[identity] = true
			page.add(resourceMetrics(r, s.form))
		}
	}
	return page.write(w)
}

// scrape collects the lines of each family: those of one family must follow each other.
type scrape struct {
	families []*family
	byMetric map[string]*family            // by the metric's own name
	names    map[string]string             // of labels, by the attribute's; "" if it cannot be a label
	sets     map[attribute.Distinct]string // labels of points: those of all targets are much the same
}

// family is all series of one metric.
type family struct {
	name, kind, help string
	lines            bytes.Buffer
}

const infoHelp = "Attributes of the process's Resource."

func (s *scrape) add(target *metricdata.ResourceMetrics) {
	resource := target.Resource.Set()
	identity := identityOf(resource)
	info := s.family("target_info", "target_info", "gauge", infoHelp)
	info.line("", identity+s.labels(resource, semconv.ServiceNameKey, semconv.ServiceNamespaceKey, semconv.ServiceInstanceIDKey), "1")
	for _, m := range target.ScopeMetrics[0].Metrics {
		s.metric(m, identity)
	}
}

func (s *scrape) metric(m metricdata.Metrics, identity string) {
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		addPoints(s, s.sum(m, data.IsMonotonic), data.DataPoints, identity, whole)
	case metricdata.Sum[float64]:
		addPoints(s, s.sum(m, data.IsMonotonic), data.DataPoints, identity, float)
	case metricdata.Gauge[int64]:
		addPoints(s, s.named(m, otlptranslator.MetricTypeGauge, "gauge"), data.DataPoints, identity, whole)
	case metricdata.Gauge[float64]:
		addPoints(s, s.named(m, otlptranslator.MetricTypeGauge, "gauge"), data.DataPoints, identity, float)
	case metricdata.Histogram[float64]:
		f := s.named(m, otlptranslator.MetricTypeHistogram, "histogram")
		for _, p := range data.DataPoints {
			f.histogram(p, identity+s.labelsOf(&p.Attributes))
		}
	}
}

// sum is the family of a Sum: a counter, or a gauge if it may fall.
func (s *scrape) sum(m metricdata.Metrics, monotonic bool) *family {
	if monotonic {
		return s.named(m, otlptranslator.MetricTypeMonotonicCounter, "counter")
	}
	return s.named(m, otlptranslator.MetricTypeNonMonotonicCounter, "gauge")
}

func addPoints[N int64 | float64](s *scrape, f *family, points []metricdata.DataPoint[N], identity string, number func(N) string) {
	for _, p := range points {
		f.line("", identity+s.labelsOf(&p.Attributes), number(p.Value))
	}
}

// histogram adds the series of one point, whose buckets are cumulative.
func (f *family) histogram(p metricdata.HistogramDataPoint[float64], labels string) {
	var count uint64
	for i, n := range p.BucketCounts {
		count += n
		bound := math.Inf(1)
		if i < len(p.Bounds) {
			bound = p.Bounds[i]
		}
		f.line("_bucket", labels+`,le="`+float(bound)+`"`, strconv.FormatUint(count, 10))
	}
	f.line("_sum", labels, float(p.Sum))
	f.line("_count", labels, strconv.FormatUint(p.Count, 10))
}

func whole(v int64) string { return strconv.FormatInt(v, 10) }

func float(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// named is the family of a metric, under the name that Prometheus gives it.
func (s *scrape) named(m metricdata.Metrics, kind otlptranslator.MetricType, word string) *family {
	if f := s.byMetric[m.Name]; f != nil {
		return f
	}
	namer := otlptranslator.MetricNamer{WithMetricSuffixes: true}
	// There is an error only for a name without letters, which no metric of the table has.
	name, _ := namer.Build(otlptranslator.Metric{Name: m.Name, Unit: m.Unit, Type: kind})
	return s.family(m.Name, name, word, m.Description)
}

func (s *scrape) family(metric, name, kind, help string) *family {
	f := s.byMetric[metric]
	if f == nil {
		f = &family{name: name, kind: kind, help: help}
		s.byMetric[metric], s.families = f, append(s.families, f)
	}
	return f
}

func (s *scrape) write(w io.Writer) error {
	for _, f := range s.families {
		if _, err := fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", f.name, escapedHelp.Replace(f.help), f.name, f.kind); err != nil {
			return err
		}
		if _, err := f.lines.WriteTo(w); err != nil {
			return err
		}
	}
	return nil
}

var (
	escapedHelp  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	escapedValue = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

// line adds a sample. labels are as in a="1",b="2".
func (f *family) line(suffix, labels, value string) {
	for _, part := range []string{f.name, suffix, "{", labels, "} ", value, "\n"} {
		f.lines.WriteString(part)
	}
}

// identityOf is job and instance, as Prometheus's OTLP receiver makes them.
func identityOf(resource *attribute.Set) string {
	text := func(key attribute.Key) string {
		if value, ok := resource.Value(key); ok {
			return value.String()
		}
		return ""
	}
	job := text(semconv.ServiceNameKey)
	if namespace := text(semconv.ServiceNamespaceKey); namespace != "" {
		job = namespace + "/" + job
	}
	return `instance="` + escapedValue.Replace(text(semconv.ServiceInstanceIDKey)) + `",job="` + escapedValue.Replace(job) + `"`
}

// labelsOf are the attributes of a point as further labels.
func (s *scrape) labelsOf(attributes *attribute.Set) string {
	labels, known := s.sets[attributes.Equivalent()]
	if !known {
		labels = s.labels(attributes)
		s.sets[attributes.Equivalent()] = labels
	}
	return labels
}

// labels are attributes as further labels, but not those without. Where several have the
// same name as a label, their values are joined, as Prometheus does.
func (s *scrape) labels(attributes *attribute.Set, without ...attribute.Key) string {
	type label struct{ name, value string }
	var all []label
	for _, a := range attributes.ToSlice() { // sorted by key
		name := s.labelName(string(a.Key))
		if name == "" || slices.Contains(without, a.Key) {
			continue
		}
		same := func(l label) bool { return l.name == name }
		if i := slices.IndexFunc(all, same); i >= 0 {
			all[i].value += ";" + a.Value.String()
		} else {
			all = append(all, label{name, a.Value.String()})
		}
	}
	var text strings.Builder
	for _, l := range all {
		text.WriteString("," + l.name + `="`)
		_, _ = escapedValue.WriteString(&text, l.value) // a Builder takes everything
		text.WriteByte('"')
	}
	return text.String()
}

func (s *scrape) labelName(key string) string {
	name, known := s.names[key]
	if !known {
		namer := otlptranslator.LabelNamer{}
		var err error
		if name, err = namer.Build(key); err != nil || slices.Contains(reserved, name) {
			name = ""
		}
		s.names[key] = name
	}
	return name
}

// reserved are labels that say something else to Prometheus.
var reserved = []string{"job", "instance", "le", "quantile", "__name__"}
