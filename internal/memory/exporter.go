package memory

import "strings"

// Exporter is a span exporter: the data word of the interface in which a processor has
// it, and its otel.component.type.
type Exporter struct {
	Address   uint64
	Itab      uint64 // the other word
	Component string
	Custom    bool // it is not one of the SDK's
	Endpoint  Endpoint
}

// UnknownComponent is the Component of an exporter that could not be identified.
const UnknownComponent = "unknown"

// itabFun is the offset of the first method in runtime.itab. Methods are sorted by name:
// ExportSpans is the first of SpanExporter, Start of otlptrace.Client. Source:
// internal/abi/iface.go.
const itabFun = 24

// components names the otel.component.type of an exporter, or of an OTLP span
// exporter's client, by the package of its first method. Values: semantic
// conventions, registry otel.component.type.
var components = map[string]string{
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc": "otlp_grpc_span_exporter",
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp": "otlp_http_span_exporter",
	"go.opentelemetry.io/otel/exporters/zipkin":                       "zipkin_http_span_exporter",

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc": "otlp_grpc_metric_exporter",
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp": "otlp_http_metric_exporter",
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc":       "otlp_grpc_log_exporter",
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp":       "otlp_http_log_exporter",
}

const (
	otelExporters    = "go.opentelemetry.io/otel/exporters/"
	otlpTracePackage = otelExporters + "otlp/otlptrace"
)

// identifyExporter identifies the exporter in an interface with these words. An exporter
// without a conventional name is named by its Go type; one that cannot be read is
// UnknownComponent.
func identifyExporter(r Reader, itab, data uint64, resolve func(uint64) (string, bool)) Exporter {
	e := Exporter{Address: data, Itab: itab, Component: UnknownComponent, Endpoint: Endpoint{Unread: "the exporter's type is not known"}}
	method, ok := firstMethod(r, itab, resolve)
	if !ok {
		return e
	}
	pkg, receiver := splitMethod(method)
	client := [2]uint64{0, data}
	if pkg == otlpTracePackage {
		if err := r.words(data, client[:]); err == nil {
			if clientMethod, ok := firstMethod(r, client[0], resolve); ok {
				pkg, receiver = splitMethod(clientMethod)
			}
		}
	}
	if component, known := components[pkg]; known {
		e.Component = component
	} else {
		e.Component, e.Custom = pkg+"."+receiver, !strings.HasPrefix(pkg, otelExporters)
	}
	e.Endpoint = endpointOf(r, e.Component, client[1])
	return e
}

func firstMethod(r Reader, itab uint64, resolve func(uint64) (string, bool)) (string, bool) {
	var entry [1]uint64
	if err := r.words(itab+itabFun, entry[:]); err != nil {
		return "", false
	}
	return resolve(entry[0])
}

// splitMethod splits example.com/a/b.(*T).M into example.com/a/b and T.
func splitMethod(symbol string) (pkg, receiver string) {
	slash := strings.LastIndexByte(symbol, '/') + 1
	dot := strings.IndexByte(symbol[slash:], '.')
	if dot < 0 {
		return symbol, ""
	}
	pkg, rest := symbol[:slash+dot], symbol[slash+dot+1:]
	receiver, _, _ = strings.Cut(strings.TrimLeft(rest, "(*"), ".")
	return pkg, strings.TrimSuffix(receiver, ")")
}
