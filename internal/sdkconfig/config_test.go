package sdkconfig

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// usual are the settings of a batch processor that nothing sets.
var usual = snapshot.Settings{MaxQueueSize: 2048, MaxExportBatchSize: 512, BatchTimeout: 5 * time.Second, ExportTimeout: 30 * time.Second}

// target is a program whose environment could be read, with one batch processor.
func target(set snapshot.Settings, environment ...string) snapshot.Snapshot {
	s := snapshot.Snapshot{Processors: []snapshot.Processor{{Settings: set}}}
	s.Target.Configured, s.Target.Options = []string{}, []snapshot.Option{}
	for _, variable := range environment {
		name, value, known := strings.Cut(variable, "=")
		s.Target.Configured = append(s.Target.Configured, name)
		if known {
			s.Target.Environment = append(s.Target.Environment, snapshot.Variable{Name: name, Value: value})
		}
	}
	return s
}

func TestOrigins(t *testing.T) {
	small := usual
	small.MaxQueueSize = 512
	tiny := usual
	tiny.MaxQueueSize, tiny.MaxExportBatchSize = 100, 100
	for _, test := range []struct {
		name        string
		set         snapshot.Settings
		environment []string
		want        string
	}{
		{"nothing set", usual, nil, report.FromDefault},
		{"by its variable", small, []string{"OTEL_BSP_MAX_QUEUE_SIZE=512"}, report.FromEnvironment},
		{"code sets what no variable does", small, nil, report.FromCode},
		{"code overrides the variable", small, []string{"OTEL_BSP_MAX_QUEUE_SIZE=4096"}, report.FromCode},
		{"a value that was not kept", small, []string{"OTEL_BSP_MAX_QUEUE_SIZE"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := originOf(t, target(test.set, test.environment...), queueVariable); got != test.want {
				t.Errorf("the queue is from %q, want %q", got, test.want)
			}
		})
	}
	if got := originOf(t, target(tiny, "OTEL_BSP_MAX_QUEUE_SIZE=100"), batchVariable); got != report.FromEnvironment {
		t.Errorf("a batch that the SDK made as small as the queue is from %q", got)
	}
	unread := target(usual)
	unread.Target.Configured = nil
	if got := originOf(t, unread, queueVariable); got != "" {
		t.Errorf("without its environment, a program has its queue from %q", got)
	}
}

func originOf(t *testing.T, s snapshot.Snapshot, variable string) string {
	t.Helper()
	for _, set := range Of(s).Report().Settings {
		if set.Variable == variable {
			return set.Origin
		}
	}
	t.Fatalf("%s is not listed", variable)
	return ""
}

func TestSamplerOrigins(t *testing.T) {
	on := snapshot.Sampler{Name: snapshot.AlwaysOn, ParentBased: true}
	tenth := snapshot.Sampler{Name: snapshot.TraceIDRatio, Ratio: 0.1, ParentBased: true}
	for _, test := range []struct {
		name        string
		sampler     snapshot.Sampler
		environment []string
		want        string
	}{
		{"the SDK's own", on, nil, report.FromDefault},
		{"in code", tenth, nil, report.FromCode},
		{"all spans, without regard to parents", snapshot.Sampler{Name: snapshot.AlwaysOn}, nil, report.FromCode},
		{"the program's own type", snapshot.Sampler{Name: "main.rules"}, nil, report.FromCode},
		{"by variables", tenth, []string{"OTEL_TRACES_SAMPLER=parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.10"}, report.FromEnvironment},
		{"by variables, without a ratio", on, []string{"OTEL_TRACES_SAMPLER=parentbased_traceidratio"}, report.FromEnvironment},
		{"code overrides variables", on, []string{"OTEL_TRACES_SAMPLER=parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.1"}, report.FromCode},
		{"a ratio that is not kept", tenth, []string{"OTEL_TRACES_SAMPLER=traceidratio", "OTEL_TRACES_SAMPLER_ARG"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := target(usual, test.environment...)
			s.Target.Samplers = []snapshot.Sampler{test.sampler}
			if got := originOf(t, s, samplerVariable); got != test.want {
				t.Errorf("the sampler is from %q, want %q", got, test.want)
			}
		})
	}
}

// TestFit writes advice as the program can follow it, and never what has no effect.
func TestFit(t *testing.T) {
	sample := report.Advice{Wanted: map[string]string{samplerVariable: "parentbased_traceidratio", ratioVariable: "0.1"}}
	queue := report.Advice{Wanted: map[string]string{queueVariable: "4096"}}
	small := usual
	small.MaxQueueSize = 512
	sampled := func(s snapshot.Snapshot, sampler snapshot.Sampler) snapshot.Snapshot {
		s.Target.Samplers = []snapshot.Sampler{sampler}
		return s
	}
	calling := func(s snapshot.Snapshot, option string, callers ...string) snapshot.Snapshot {
		s.Target.Options = append(s.Target.Options, snapshot.Option{Function: option, Callers: callers})
		return s
	}
	filed := func(s snapshot.Snapshot, variable, schema string) snapshot.Snapshot {
		s.Target.ConfigurationFile, s.Target.FileSchema = variable, schema
		return s
	}
	withoutOptions := target(usual)
	withoutOptions.Target.Options = nil
	for _, test := range []struct {
		name   string
		of     snapshot.Snapshot
		advice report.Advice
		by     []string
		code   []string
		yaml   string
		where  []string
	}{
		{name: "defaults", of: target(usual), advice: queue, by: []string{report.ByVariables}},
		{name: "code sets the queue", of: calling(target(small), sdkTrace+"WithMaxQueueSize", "main.setup"), advice: queue,
			by: []string{report.ByCode}, code: []string{"trace.WithMaxQueueSize(4096)"}, where: []string{"main.setup"}},
		{name: "code may set what is the default", of: calling(target(usual), sdkTrace+"WithMaxQueueSize", "main.setup"), advice: queue,
			by: []string{report.ByVariables, report.ByCode}, code: []string{"trace.WithMaxQueueSize(4096)"}, where: []string{"main.setup"}},
		{name: "code sets the sampler", of: sampled(target(usual), snapshot.Sampler{Name: snapshot.AlwaysOn}), advice: sample,
			by: []string{report.ByCode}, code: []string{"trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(0.1)))"}},
		{name: "the sampler was not read, and only the SDK calls WithSampler", of: calling(target(usual), sdkTrace+"WithSampler", otel+"sdk/trace.tracerProviderOptionsFromEnv"),
			advice: sample, by: []string{report.ByVariables}},
		{name: "the sampler was not read, and the program calls WithSampler", of: calling(target(usual), sdkTrace+"WithSampler", "main.setup"),
			advice: sample, by: []string{report.ByCode, report.ByVariables}, code: []string{"trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(0.1)))"}, where: []string{"main.setup"}},
		{name: "nothing is known of the sampler", of: withoutOptions, advice: sample,
			by: []string{report.ByVariables, report.ByCode}, code: []string{"trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(0.1)))"}},
		{name: "file", of: filed(target(usual), "OTEL_CONFIG_FILE", "1.0"), advice: queue, by: []string{report.ByFile},
			yaml: "tracer_provider:\n  processors:\n    - batch:\n        max_queue_size: 4096"},
		{name: "file, the sampler", of: filed(target(usual), "OTEL_CONFIG_FILE", "1.0"), advice: sample, by: []string{report.ByFile},
			yaml: "tracer_provider:\n  sampler:\n    parent_based:\n      root:\n        trace_id_ratio_based:\n          ratio: 0.1"},
		{name: "a file that the program finds itself", of: filed(sampled(target(usual), snapshot.Sampler{Name: snapshot.AlwaysOn}), "", "0.3"), advice: sample,
			by: []string{report.ByFile, report.ByCode}, code: []string{"trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(0.1)))"},
			yaml: "tracer_provider:\n  sampler:\n    parent_based:\n      root:\n        trace_id_ratio_based:\n          ratio: 0.1"},
		{name: "two limits in one option", of: withoutOptions, advice: report.Advice{Wanted: map[string]string{"OTEL_SPAN_EVENT_COUNT_LIMIT": "64", "OTEL_SPAN_LINK_COUNT_LIMIT": "32", queueVariable: "4096"}},
			by:   []string{report.ByVariables, report.ByCode},
			code: []string{"limits := trace.NewSpanLimits()", "limits.EventCountLimit = 64", "limits.LinkCountLimit = 32", "trace.WithMaxQueueSize(4096)", "trace.WithRawSpanLimits(limits)"}},
		{name: "no setting of OpenTelemetry", of: filed(target(usual), "OTEL_CONFIG_FILE", "1.0"), advice: report.Advice{Wanted: map[string]string{"GOMAXPROCS": "2"}}, by: []string{report.ByVariables}},
		{name: "no setting", of: target(usual), advice: report.Advice{Title: "change the program"}, by: []string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := report.Advice{Title: test.advice.Title, Wanted: test.advice.Wanted, By: test.by, Go: test.code, YAML: test.yaml, Where: test.where, Env: map[string]string{}}
			for _, by := range test.by {
				if by == report.ByVariables {
					want.Env = test.advice.Wanted
				}
			}
			got := Of(test.of).Fit(test.advice)
			if diff := cmp.Diff(want, got, cmp.Comparer(func(x, y []string) bool { return strings.Join(x, "\n") == strings.Join(y, "\n") })); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(got, Of(test.of).Fit(got)); diff != "" {
				t.Errorf("the second time (-first +second):\n%s", diff)
			}
		})
	}
}

// TestExporterOptions writes options of the exporter that the program has.
func TestExporterOptions(t *testing.T) {
	over := func(component string) snapshot.Snapshot {
		s := target(usual)
		s.Exports = []snapshot.Exporter{{Component: component, Target: "elsewhere:1"}}
		return s
	}
	for _, test := range []struct {
		component, variable, value string
		want                       []string
	}{
		{"otlp_grpc_span_exporter", endpointVariable, "http://collector:4317", []string{`otlptracegrpc.WithEndpointURL("http://collector:4317")`}},
		{"otlp_http_span_exporter", endpointVariable, "http://collector:4318", []string{`otlptracehttp.WithEndpointURL("http://collector:4318/v1/traces")`}},
		{"otlp_http_span_exporter", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector/PREFIX/v1/traces", []string{`otlptracehttp.WithEndpointURL("http://collector/PREFIX/v1/traces")`}},
		{"otlp_http_span_exporter", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip", []string{"otlptracehttp.WithCompression(otlptracehttp.GzipCompression)"}},
		{"otlp_grpc_span_exporter", "OTEL_EXPORTER_OTLP_TIMEOUT", "30000", []string{"otlptracegrpc.WithTimeout(30000*time.Millisecond)"}},
		{"zipkin_http_span_exporter", endpointVariable, "http://collector:4318", []string{}},
	} {
		t.Run(test.component+" "+test.variable, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Of(over(test.component)).Options(map[string]string{test.variable: test.value})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
