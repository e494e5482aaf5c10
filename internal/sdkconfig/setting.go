package sdkconfig

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	otel        = "go.opentelemetry.io/otel/"
	sdkTrace    = otel + "sdk/trace."
	sdkLog      = otel + "sdk/log."
	sdkMetric   = otel + "sdk/metric."
	otlpTraces  = otel + "exporters/otlp/otlptrace/otlptrace"
	otlpMetrics = otel + "exporters/otlp/otlpmetric/otlpmetric"
	otlpLogs    = otel + "exporters/otlp/otlplog/otlplog"
)

// A setting is a variable of OpenTelemetry's specification, with the other ways to set the same.
type setting struct {
	// sets are the functions of Go that set it in code.
	sets []string
	// inMemory are the values that the target runs with; nil if they are not known. usual is the
	// value that the SDK has without the variable.
	inMemory func(snapshot.Snapshot) []inMemory
	usual    string
	// option is the code that sets a value: statements, if any, and the option.
	option func(value string, p pipelines) []string
	// path is where it stands in a configuration file; a dash is the only element of a list.
	path func(p pipelines, schema string) []string
}

// inMemory is a value that a component runs with.
type inMemory struct{ component, value string }

// settings is the table, by the variable. The sampler's two variables are one setting.
var settings = map[string]setting{
	samplerVariable: {sets: []string{sdkTrace + "WithSampler"}, inMemory: samplers, usual: "parentbased_always_on"},

	queueVariable: {sets: []string{sdkTrace + "WithMaxQueueSize"}, usual: "2048", option: plain("trace.WithMaxQueueSize(%s)"),
		inMemory: ofProcessors(func(s snapshot.Settings) uint64 { return s.MaxQueueSize }), path: spanProcessor("max_queue_size")},
	batchVariable: {sets: []string{sdkTrace + "WithMaxExportBatchSize"}, usual: "512", option: plain("trace.WithMaxExportBatchSize(%s)"),
		inMemory: ofProcessors(func(s snapshot.Settings) uint64 { return s.MaxExportBatchSize }), path: spanProcessor("max_export_batch_size")},
	"OTEL_BSP_SCHEDULE_DELAY": {sets: []string{sdkTrace + "WithBatchTimeout"}, usual: "5000", option: plain("trace.WithBatchTimeout(%s*time.Millisecond)"),
		inMemory: ofProcessors(func(s snapshot.Settings) uint64 { return uint64(s.BatchTimeout.Milliseconds()) }), path: spanProcessor("schedule_delay")},
	"OTEL_BSP_EXPORT_TIMEOUT": {sets: []string{sdkTrace + "WithExportTimeout"}, usual: "30000", option: plain("trace.WithExportTimeout(%s*time.Millisecond)"),
		inMemory: ofProcessors(func(s snapshot.Settings) uint64 { return uint64(s.ExportTimeout.Milliseconds()) }), path: spanProcessor("export_timeout")},

	"OTEL_BLRP_MAX_QUEUE_SIZE":        {sets: []string{sdkLog + "WithMaxQueueSize"}, option: plain("log.WithMaxQueueSize(%s)"), path: logProcessor("max_queue_size")},
	"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": {sets: []string{sdkLog + "WithExportMaxBatchSize"}, option: plain("log.WithExportMaxBatchSize(%s)"), path: logProcessor("max_export_batch_size")},

	"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": {sets: spanLimits, option: limit("AttributeValueLengthLimit"), path: fixed("tracer_provider", "limits", "attribute_value_length_limit")},
	"OTEL_SPAN_EVENT_COUNT_LIMIT":            {sets: spanLimits, option: limit("EventCountLimit"), path: fixed("tracer_provider", "limits", "event_count_limit")},
	"OTEL_SPAN_LINK_COUNT_LIMIT":             {sets: spanLimits, option: limit("LinkCountLimit"), path: fixed("tracer_provider", "limits", "link_count_limit")},

	endpointVariable: {sets: endpointOptions, inMemory: endpoints,
		option: ofExporter(snapshot.Traces, "WithEndpointURL(%q)"), path: spanExporter("endpoint")},
	tracesEndpointVariable: {sets: endpointOptions,
		option: ofExporter(snapshot.Traces, "WithEndpointURL(%q)"), path: spanExporter("endpoint")},
	"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT":   {sets: endpointOptions, option: ofExporter(snapshot.Metrics, "WithEndpointURL(%q)")},
	"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT":      {sets: endpointOptions, option: ofExporter(snapshot.Logs, "WithEndpointURL(%q)")},
	"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": {sets: eachExporter("WithCompressor", "WithCompression"), option: compression, path: spanExporter("compression")},
	"OTEL_EXPORTER_OTLP_TIMEOUT": {sets: eachExporter("WithTimeout"), option: ofExporter(snapshot.Traces, "WithTimeout(%s*time.Millisecond)"),
		path: spanExporter("timeout")},
	"OTEL_EXPORTER_OTLP_INSECURE": {sets: eachExporter("WithInsecure", "WithTLSCredentials", "WithTLSClientConfig", "WithEndpointURL"), option: insecure},
	"OTEL_EXPORTER_OTLP_CERTIFICATE": {sets: eachExporter("WithTLSCredentials", "WithTLSClientConfig"), option: certificate,
		path: spanExporter("certificate")},
}

const (
	samplerVariable        = "OTEL_TRACES_SAMPLER"
	ratioVariable          = "OTEL_TRACES_SAMPLER_ARG"
	queueVariable          = "OTEL_BSP_MAX_QUEUE_SIZE"
	batchVariable          = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
	endpointVariable       = "OTEL_EXPORTER_OTLP_ENDPOINT"
	tracesEndpointVariable = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
)

var (
	spanLimits      = []string{sdkTrace + "WithSpanLimits", sdkTrace + "WithRawSpanLimits"}
	endpointOptions = eachExporter("WithEndpoint", "WithEndpointURL", "WithGRPCConn")
)

// eachExporter are options of all OTLP exporters.
func eachExporter(options ...string) (functions []string) {
	for _, signal := range []string{otlpTraces, otlpMetrics, otlpLogs} {
		for _, protocol := range []string{"grpc.", "http."} {
			for _, option := range options {
				functions = append(functions, signal+protocol+option)
			}
		}
	}
	return functions
}

// plain is an option of one number.
func plain(format string) func(string, pipelines) []string {
	return func(value string, _ pipelines) []string {
		if !isNumber(value) {
			return nil
		}
		return []string{fmt.Sprintf(format, value)}
	}
}

// isNumber reports whether a value may stand in code as it is.
func isNumber(value string) bool {
	_, err := strconv.ParseFloat(value, 64)
	return err == nil
}

// limit is a part of the option that replaces all limits of spans.
func limit(field string) func(string, pipelines) []string {
	return func(value string, _ pipelines) []string {
		if !isNumber(value) {
			return nil
		}
		return []string{"limits := trace.NewSpanLimits()", "limits." + field + " = " + value, "trace.WithRawSpanLimits(limits)"}
	}
}

// pipelines are the exporters of a target, by signal: otlptracegrpc and so on.
type pipelines map[string]string

func pipelinesOf(s snapshot.Snapshot) pipelines {
	p := pipelines{}
	for _, e := range s.Exports {
		if protocol := protocolOf(e.Component); protocol != "" {
			p[snapshot.Traces] = "otlptrace" + protocol
		}
	}
	for _, pipeline := range s.Pipelines {
		for _, e := range pipeline.Exporters {
			if protocol := protocolOf(e.Component); protocol != "" {
				p[pipeline.Signal] = map[string]string{snapshot.Metrics: "otlpmetric", snapshot.Logs: "otlplog"}[pipeline.Signal] + protocol
			}
		}
	}
	return p
}

// protocolOf is grpc or http, of OTLP's own exporters.
func protocolOf(component string) string {
	for _, protocol := range []string{"grpc", "http"} {
		if strings.HasPrefix(component, "otlp_"+protocol+"_") {
			return protocol
		}
	}
	return ""
}

// ofExporter is an option of the exporter of a signal. If that is not known there is none.
func ofExporter(signal, format string) func(string, pipelines) []string {
	return func(value string, p pipelines) []string {
		exporter, known := p[signal]
		if !known {
			return nil
		}
		switch {
		case strings.HasSuffix(exporter, "http") && strings.Contains(format, "EndpointURL"):
			value = withPath(value, signal)
		case strings.Contains(format, "%s") && !isNumber(value):
			return nil
		}
		return []string{exporter + "." + fmt.Sprintf(format, value)}
	}
}

// withPath is an endpoint with the path of its signal: over HTTP, only the variables have it added.
func withPath(endpoint, signal string) string {
	path := "/v1/" + signal
	if strings.Contains(strings.TrimPrefix(endpoint, "http"), "/v1/") {
		return endpoint
	}
	return strings.TrimSuffix(endpoint, "/") + path
}

func compression(value string, p pipelines) []string {
	switch p[snapshot.Traces] {
	case "otlptracegrpc":
		return []string{fmt.Sprintf("otlptracegrpc.WithCompressor(%q)", value)}
	case "otlptracehttp":
		return []string{"otlptracehttp.WithCompression(otlptracehttp.GzipCompression)"}
	}
	return nil
}

func insecure(_ string, p pipelines) []string {
	if exporter, known := p[snapshot.Traces]; known {
		return []string{exporter + ".WithInsecure()"}
	}
	return nil
}

func certificate(value string, p pipelines) []string {
	switch p[snapshot.Traces] {
	case "otlptracegrpc":
		return []string{fmt.Sprintf("creds, err := credentials.NewClientTLSFromFile(%q, \"\")", value), "otlptracegrpc.WithTLSCredentials(creds)"}
	case "otlptracehttp":
		return []string{
			fmt.Sprintf("pem, err := os.ReadFile(%q)", value), "roots := x509.NewCertPool()", "roots.AppendCertsFromPEM(pem)",
			"otlptracehttp.WithTLSClientConfig(&tls.Config{RootCAs: roots})",
		}
	}
	return nil
}

func fixed(path ...string) func(pipelines, string) []string {
	return func(pipelines, string) []string { return path }
}

func spanProcessor(field string) func(pipelines, string) []string {
	return fixed("tracer_provider", "processors", "-", "batch", field)
}

func logProcessor(field string) func(pipelines, string) []string {
	return fixed("logger_provider", "processors", "-", "batch", field)
}

// spanExporter is a field of the exporter of spans: otlp in form 0.3, and otlp_grpc or otlp_http
// since 1.0. Source: testdata of otelconf v0.27.
func spanExporter(field string) func(pipelines, string) []string {
	return func(p pipelines, schema string) []string {
		path := []string{"tracer_provider", "processors", "-", "batch", "exporter"}
		switch exporter := p[snapshot.Traces]; {
		case exporter == "":
			return nil
		case schema != "1.0":
			return append(path, "otlp", field)
		case field == "certificate":
			return append(path, "otlp_"+strings.TrimPrefix(exporter, "otlptrace"), "tls", "ca_file")
		default:
			return append(path, "otlp_"+strings.TrimPrefix(exporter, "otlptrace"), field)
		}
	}
}

// ofProcessors reads a setting of all batch processors.
func ofProcessors(of func(snapshot.Settings) uint64) func(snapshot.Snapshot) []inMemory {
	return func(s snapshot.Snapshot) (found []inMemory) {
		for _, p := range snapshot.Batching(s.Processors) {
			found = append(found, inMemory{fmt.Sprintf("batching_span_processor/%d", p.Index), strconv.FormatUint(of(p.Settings), 10)})
		}
		return found
	}
}

// endpoints are the hosts and ports that OTLP's exporters of spans send to.
func endpoints(s snapshot.Snapshot) (found []inMemory) {
	for _, e := range s.Exports {
		if e.Target == "" || protocolOf(e.Component) == "" {
			continue
		}
		_, host, isURL := strings.Cut(e.Target, "://")
		if !isURL {
			host = e.Target
		}
		host, _, _ = strings.Cut(host, "/")
		found = append(found, inMemory{fmt.Sprintf("%s/%d", e.Component, e.Index), host})
	}
	return found
}

// samplers are those of the TracerProviders, as OTEL_TRACES_SAMPLER and its argument have them.
func samplers(s snapshot.Snapshot) (found []inMemory) {
	for _, sampler := range s.Target.Samplers {
		found = append(found, inMemory{"sampler", samplerText(sampler)})
	}
	return found
}

// samplerText is a sampler as the variables name it, with the ratio after a space; or its Go type.
func samplerText(s snapshot.Sampler) string {
	name := s.Name
	if slices.Contains([]string{snapshot.AlwaysOn, snapshot.AlwaysOff, snapshot.TraceIDRatio}, name) && s.ParentBased {
		name = "parentbased_" + name
	} else if s.ParentBased {
		name = "ParentBased(" + name + ")"
	}
	if s.Name == snapshot.TraceIDRatio || s.Ratio > 0 {
		name += " " + strconv.FormatFloat(s.Ratio, 'g', 6, 64)
	}
	if s.Unusual {
		name += ", with samplers of its own for spans with a parent"
	}
	return name
}
