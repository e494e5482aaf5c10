package export

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// fixedReport is a Report in which every figure of the table is claimed.
func fixedReport() report.Report {
	collector := "collector:4317"
	container := "0123456789abcdef"
	dropped := uint64(17)
	durations := histogramOf(3*time.Millisecond, 4*time.Millisecond, 8*time.Millisecond, 120*time.Millisecond)
	return report.Report{
		Schema: report.Schema,
		Target: report.Target{
			PID: 4711, Exe: "/srv/checkout/bin/checkout", ServiceName: "checkout", GoVersion: "go1.26.8",
			SDKVersion: "v1.47.0", Arch: "amd64", ContainerID: &container,
		},
		Window: report.Window{Start: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Seconds: 42.5},
		CPU: report.CPU{
			ProcessSeconds: 111.25, UserSeconds: 100, SystemSeconds: 11.25,
			Tracing: report.Share{Share: estimate.Around(0.08, 0.01, 6_600)},
			Stages: map[string]report.Portion{
				"create": {Share: estimate.Around(0.05, 0.01, 6_600)},
				"gc":     {Share: estimate.Around(0.03, 0.01, 6_600)},
			},
			OpenTelemetry: report.Share{Share: estimate.Around(0.15, 0.02, 6_600)},
			Metrics:       estimate.Around(0.02, 0.01, 6_600), Instrumentation: estimate.Around(0.04, 0.01, 6_600), Logs: estimate.Around(0.01, 0.005, 6_600),
			MetricsStages: map[string]report.Portion{"collect": {Share: estimate.Around(0.02, 0.01, 6_600)}},
			LogsStages:    map[string]report.Portion{"emit": {Share: estimate.Around(0.01, 0.005, 6_600)}},
		},
		Spans: report.Spans{
			Started: estimate.Counted(1_751_423), Live: &estimate.Estimate{Value: 311.6, Low: 300, High: 320, N: 40},
			CostUS: estimate.Around(5.1, 0.6, 6_600), SampledShare: estimate.Around(0.5, 0.25, 64), StartedRate: estimate.Around(40_960, 1024, 600),
		},
		Scopes:  []report.Scope{{Name: "checkout", Library: "shop/checkout", Spans: estimate.Around(1024, 16, 200), Share: estimate.Around(0.0625, 0.03125, 6_600)}},
		Alloc:   report.Alloc{TracingShare: estimate.Around(0.3, 0.1, 800), BytesPerSecond: estimate.Around(3<<20, 1<<16, 12)},
		Request: report.Request{CostUS: estimate.Around(32, 8, 6_600), BlockedUS: estimate.Counted(0)},
		Leaks: []report.Leak{
			{Function: "main.handle", File: "/srv/checkout/main.go", Line: 42, Caller: "net/http.HandlerFunc.ServeHTTP", OfSpans: 0.5, NeverEnded: estimate.Around(0.25, 0.125, 200)},
			{Function: "main.handle", File: "/srv/checkout/main.go", Line: 42, Caller: "main.retry", OfSpans: 0.25, NeverEnded: estimate.Around(0.125, 0.125, 100)},
			{Function: "main.poll", OfSpans: 0.25, NeverEnded: estimate.Around(0, 0, 100)},
		},
		Processors: []report.Processor{
			{
				Name: "batching_span_processor/0", Kind: "batch", Exporter: "otlp_grpc_span_exporter/0",
				Queue: report.Queue{Size: ptr(310), Capacity: ptr(2048)},
				Spans: report.ProcessorSpans{Processed: 1_751_000, Dropped: 113},
			},
			{
				Name: "simple_span_processor/1", Kind: "simple", Exporter: "custom/0",
				Spans: report.ProcessorSpans{Processed: 17},
			},
		},
		Export: report.Export{Bytes: ptr(1 << 30), Compression: &report.Compression{
			On: true, SentBytes: 1 << 28, Ratio: estimate.Around(4, 0, 3_500),
		}, Exporters: []report.Exporter{{
			Name: "otlp_grpc_span_exporter/0", Component: "otlp_grpc_span_exporter",
			Target: &collector, Exported: 1_750_000, Failed: 512, Inflight: 488, Durations: durations, Failures: histogramOf(11*time.Second, time.Second),
			Kinds: []snapshot.FailureKind{
				{Class: "deadline", Code: "DeadlineExceeded", Records: 256, Durations: histogramOf(11 * time.Second)}, {Class: "partial", Records: 128},
			},
		}}},
		Pipelines: []report.Pipeline{
			{Signal: "metrics", Exporters: []report.PipelineExporter{{
				Name: "otlp_http_metric_exporter/0", Component: "otlp_http_metric_exporter", Source: "periodic_metric_reader/0",
				Sized: true, Exported: 83, Failed: 5, Inflight: 7, Durations: histogramOf(20 * time.Millisecond), Failures: histogramOf(time.Second),
				Kinds:       []snapshot.FailureKind{{Class: "http", Code: "401", Records: 5, Durations: histogramOf(time.Second)}},
				Collections: histogramOf(time.Millisecond, time.Millisecond), FailedCollections: histogramOf(2 * time.Millisecond),
			}}},
			{Signal: "logs", Created: estimate.Counted(61), Exporters: []report.PipelineExporter{{
				Name: "main.logExporter/0", Component: "main.logExporter", Source: "batching_log_processor/0", Sized: true, Exported: 59, Inflight: 3, Durations: histogramOf(time.Minute),
				Queue: &report.RecordQueue{Size: 19, Capacity: 2048, Peak: 23}, Dropped: &dropped,
			}}},
		},
		Memory: report.Memory{RSSBytes: 182 << 20, GrowthBytesPerMinute: estimate.Around(60<<10, 30<<10, 360)},
		Findings: []report.Finding{
			{ID: "span-drop", Severity: "warning"}, {ID: "sampling-high", Severity: "critical"},
			{ID: "span-drop", Severity: "warning"},
			{ID: "export-errors", Severity: "warning", State: report.Past, Severities: []string{"warning", "critical"}},
		},
		Judged: []string{"span-drop", "export-slow", "export-errors"},
		Probe: report.Probe{
			Hits: 6_971, Lost: 1, Unmatched: 2, TargetCPUSeconds: 0.25, AgentCPUSeconds: 0.125, AgentRSSBytes: 31 << 20,
		},
	}
}

func histogramOf(durations ...time.Duration) (h snapshot.Histogram) {
	for _, d := range durations {
		h.Add(d)
	}
	return h
}

func ptr(n uint64) *uint64 { return &n }

func TestMetricsGolden(t *testing.T) {
	golden.Equal(t, "metrics.txt", render(resourceMetrics(fixedReport(), form{Format{Version: "v0.1.0"}, machine{name: "host-1"}})))
}

// A Report that claims nothing has the counts that are always known and no
// zero in a claim's place.
func TestUnclaimedFiguresAreAbsent(t *testing.T) {
	golden.Equal(t, "metrics_unclaimed.txt", render(resourceMetrics(report.Report{
		Target: report.Target{PID: 7, Exe: "/bin/app", GoVersion: "go1.26.8", Arch: "arm64"},
		Window: report.Window{Start: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Seconds: 1},
		Spans:  report.Spans{Started: estimate.AtLeast(100, 5)},
		Processors: []report.Processor{{
			Name: "batching_span_processor/0", Kind: "batch", Spans: report.ProcessorSpans{Processed: 3},
		}},
	}, form{})))
}

func TestTableAgreesWithConventions(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Metrics() {
		t.Run(m.Name(), func(t *testing.T) {
			if seen[m.Name()] {
				t.Error("the table has the name twice")
			}
			seen[m.Name()] = true
			if m.Unit() == "" || m.Description() == "" || m.Source == "" {
				t.Errorf("unit %q, description %q and source %q must all say something", m.Unit(), m.Description(), m.Source)
			}
			_, isOwn := m.Instrument.(own)
			if isOwn != strings.HasPrefix(m.Name(), "otwatch.") {
				t.Error("otwatch.* is for what no convention names, and for nothing else")
			}
			if !isOwn && !strings.HasSuffix(instrumentType(m.Instrument), m.Kind.String()) {
				t.Errorf("is a %s, the convention says %s", m.Kind, instrumentType(m.Instrument))
			}
		})
	}
}

// instrumentType is the type that a convention's Inst method returns, as in
// Int64ObservableUpDownCounter.
func instrumentType(i Instrument) string {
	name := reflect.ValueOf(i).MethodByName("Inst").Type().Out(0).Name()
	for _, prefix := range []string{"Int64", "Float64", "Observable"} {
		name = strings.TrimPrefix(name, prefix)
	}
	return name
}

func TestAttributesAreThoseOfTheTable(t *testing.T) {
	for _, m := range Metrics() {
		allowed := map[attribute.Key]bool{}
		for _, key := range m.Attributes {
			allowed[key] = true
		}
		for _, set := range attributeSets(m.Data(crowdedReport())) {
			for _, kv := range set.ToSlice() {
				if !allowed[kv.Key] {
					t.Errorf("%s has the attribute %s, which the table does not name", m.Name(), kv.Key)
				}
			}
		}
	}
}

const crowd = 1000

// crowdedReport is of a target with far too many of everything.
func crowdedReport() report.Report {
	r := fixedReport()
	processor, exporter, metrics, logs := r.Processors[0], r.Export.Exporters[0], r.Pipelines[0].Exporters[0], r.Pipelines[1].Exporters[0]
	exporter.Failures = histogramOf(time.Second, time.Second, time.Second, time.Second)
	exporter.Kinds = nil
	for _, class := range []string{"refused", "deadline"} {
		exporter.Kinds = append(exporter.Kinds, snapshot.FailureKind{Class: class, Records: 1, Durations: histogramOf(time.Second)})
	}
	logs.Failed = 2
	metrics.Failures, logs.Failures, metrics.Kinds, logs.Kinds = exporter.Failures, exporter.Failures, exporter.Kinds, exporter.Kinds
	for _, sampling := range []string{snapshot.RecordOnly, snapshot.RecordAndSample} {
		for _, parent := range []string{snapshot.NoParent, snapshot.LocalParent, snapshot.RemoteParent} {
			r.Spans.StartedAs = append(r.Spans.StartedAs, report.StartedSpans{Parent: parent, Sampling: sampling, Spans: 1})
		}
	}
	r.Spans.StartedAs = append(r.Spans.StartedAs, report.StartedSpans{Sampling: snapshot.Drop, Spans: 1})
	scope := r.Scopes[0]
	r.Scopes = nil
	r.Pipelines = []report.Pipeline{{Signal: "metrics"}, {Signal: "logs"}}
	r.Processors, r.Export.Exporters, r.Leaks, r.Findings, r.Judged = nil, nil, nil, nil, nil
	for i := range crowd {
		processor.Name = fmt.Sprintf("batching_span_processor/%d", i)
		exporter.Name = fmt.Sprintf("otlp_grpc_span_exporter/%d", i)
		r.Processors = append(r.Processors, processor)
		r.Export.Exporters = append(r.Export.Exporters, exporter)
		metrics.Name, metrics.Source = fmt.Sprintf("otlp_http_metric_exporter/%d", i), fmt.Sprintf("periodic_metric_reader/%d", i)
		logs.Name, logs.Source = fmt.Sprintf("main.logExporter/%d", i), fmt.Sprintf("batching_log_processor/%d", i)
		r.Pipelines[0].Exporters = append(r.Pipelines[0].Exporters, metrics)
		r.Pipelines[1].Exporters = append(r.Pipelines[1].Exporters, logs)
		r.Findings = append(r.Findings, report.Finding{ID: fmt.Sprintf("finding-%d", i), Severity: "info"})
		scope.Name = fmt.Sprintf("scope-%d", i)
		r.Scopes = append(r.Scopes, scope)
		r.Leaks = append(r.Leaks, report.Leak{Function: "main.handle", File: "main.go", Line: i, NeverEnded: estimate.Around(0.5, 0.1, 64)})
	}
	for _, stage := range strings.Fields("create attributes end sampling propagation batch serialize compress send retry transport gc scheduler") {
		r.CPU.Stages[stage] = report.Portion{Share: estimate.Around(0.01, 0.01, 6_600)}
	}
	for _, stage := range strings.Fields("record collect export exemplars transport gc scheduler") {
		r.CPU.MetricsStages[stage] = report.Portion{Share: estimate.Around(0.01, 0.01, 6_600)}
	}
	for _, stage := range strings.Fields("emit batch serialize compress send retry transport gc scheduler") {
		r.CPU.LogsStages[stage] = report.Portion{Share: estimate.Around(0.01, 0.01, 6_600)}
	}
	return r
}

func TestSeriesAreBounded(t *testing.T) {
	series := 0
	for _, m := range Metrics() {
		sets := attributeSets(m.Data(crowdedReport()))
		series += len(sets)
		seen := map[attribute.Distinct]bool{}
		for _, set := range sets {
			if seen[set.Equivalent()] {
				t.Errorf("%s has two points for %s", m.Name(), set.Encoded(attribute.DefaultEncoder()))
			}
			seen[set.Equivalent()] = true
		}
	}
	if series > MaxSeries {
		t.Errorf("%d series, want at most %d", series, MaxSeries)
	}
}

func TestFoldedSeriesKeepTotals(t *testing.T) {
	one, all := fixedReport(), crowdedReport()
	one.Processors = one.Processors[:1]
	one.Export.Exporters[0] = all.Export.Exporters[0]
	for i := range one.Pipelines {
		one.Pipelines[i].Exporters[0] = all.Pipelines[i].Exporters[0]
	}
	one.Findings, one.Judged = one.Findings[:1], nil
	for _, m := range Metrics() {
		if !slices.Contains(m.Attributes, overflow.Key) {
			continue
		}
		if got, want := total(m.Data(all)), crowd*total(m.Data(one)); got != want {
			t.Errorf("%s: the series of %d components add up to %v, want %v", m.Name(), crowd, got, want)
		}
	}
}

func total(aggregation metricdata.Aggregation) float64 {
	sum := 0.0
	switch a := aggregation.(type) {
	case metricdata.Sum[int64]:
		for _, p := range a.DataPoints {
			sum += float64(p.Value)
		}
	case metricdata.Gauge[int64]:
		for _, p := range a.DataPoints {
			sum += float64(p.Value)
		}
	case metricdata.Gauge[float64]:
		for _, p := range a.DataPoints {
			sum += p.Value
		}
	case metricdata.Histogram[float64]:
		for _, p := range a.DataPoints {
			sum += float64(p.Count)
		}
	default:
		panic(fmt.Sprintf("no total for a %T", aggregation))
	}
	return sum
}

func attributeSets(aggregation metricdata.Aggregation) []attribute.Set {
	var sets []attribute.Set
	each(aggregation, func(set attribute.Set, _ string) { sets = append(sets, set) })
	return sets
}

// each calls visit for every series, with its value as text.
func each(aggregation metricdata.Aggregation, visit func(attribute.Set, string)) {
	switch a := aggregation.(type) {
	case nil:
	case metricdata.Sum[int64]:
		eachNumber(a.DataPoints, visit)
	case metricdata.Sum[float64]:
		eachNumber(a.DataPoints, visit)
	case metricdata.Gauge[int64]:
		eachNumber(a.DataPoints, visit)
	case metricdata.Gauge[float64]:
		eachNumber(a.DataPoints, visit)
	case metricdata.Histogram[float64]:
		for _, p := range a.DataPoints {
			lowest, _ := p.Min.Value()
			highest, _ := p.Max.Value()
			visit(p.Attributes, fmt.Sprintf("from %s to %s: count %d sum %v min %v max %v buckets %v of %v",
				p.StartTime.Format(time.RFC3339Nano), p.Time.Format(time.RFC3339Nano),
				p.Count, p.Sum, lowest, highest, p.BucketCounts, p.Bounds))
		}
	default:
		panic(fmt.Sprintf("the table yields a %T", aggregation))
	}
}

func eachNumber[N int64 | float64](points []metricdata.DataPoint[N], visit func(attribute.Set, string)) {
	for _, p := range points {
		visit(p.Attributes, fmt.Sprintf("%T %v from %s to %s", p.Value, p.Value,
			p.StartTime.Format(time.RFC3339Nano), p.Time.Format(time.RFC3339Nano)))
	}
}

// render writes metrics as text, one line a series.
func render(rm *metricdata.ResourceMetrics) string {
	var b strings.Builder
	fmt.Fprintf(&b, "resource %s\n", rm.Resource.SchemaURL())
	for _, kv := range rm.Resource.Attributes() {
		fmt.Fprintf(&b, "  %s=%s\n", kv.Key, kv.Value.String())
	}
	for _, scope := range rm.ScopeMetrics {
		fmt.Fprintf(&b, "scope %s %s %s\n", scope.Scope.Name, scope.Scope.Version, scope.Scope.SchemaURL)
		for _, m := range scope.Metrics {
			fmt.Fprintf(&b, "%s %s, %s\n", m.Name, m.Unit, nature(m.Data))
			each(m.Data, func(set attribute.Set, value string) {
				fmt.Fprintf(&b, "  {%s} %s\n", set.Encoded(attribute.DefaultEncoder()), value)
			})
		}
	}
	return b.String()
}

func nature(aggregation metricdata.Aggregation) string {
	switch a := aggregation.(type) {
	case metricdata.Sum[int64]:
		return fmt.Sprintf("sum, %s, monotonic %t", a.Temporality, a.IsMonotonic)
	case metricdata.Sum[float64]:
		return fmt.Sprintf("sum, %s, monotonic %t", a.Temporality, a.IsMonotonic)
	case metricdata.Histogram[float64]:
		return fmt.Sprintf("histogram, %s", a.Temporality)
	default:
		return "gauge"
	}
}
