package export

import (
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/otelconv"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// Difference is what distinguishes metrics of otwatch from those that the SDK sends itself
// with self-observability on.
type Difference struct {
	Metrics    []string
	Attributes []attribute.Key // that have other values, or none; empty: it is about the series or their values
	Of         attribute.Key   // of series with this attribute; empty: of all
	Values     []string        // that it has then; none: any
	Absent     bool            // otwatch has no such series, or its series no such attributes
	Before     string          // the SDK version with which it ended, as in v1.44.0; empty: it has not
	Why        string
}

// otherSignals are the types of exporters of metrics and logs.
func otherSignals() (types []string) {
	for _, protocol := range []string{"grpc", "http"} {
		for _, signal := range []string{"metric", "log"} {
			types = append(types, "otlp_"+protocol+"_"+signal+"_exporter")
		}
	}
	return types
}

// Differences returns all of them. Where an SDK has further ones, a test fails.
func Differences() []Difference {
	exported := []string{otelconv.SDKExporterSpanExported{}.Name(), otelconv.SDKExporterLogExported{}.Name(), otelconv.SDKExporterMetricDataPointExported{}.Name()}
	inflight := []string{otelconv.SDKExporterSpanInflight{}.Name(), otelconv.SDKExporterLogInflight{}.Name(), otelconv.SDKExporterMetricDataPointInflight{}.Name()}
	duration := otelconv.SDKExporterOperationDuration{}.Name()
	processed := otelconv.SDKProcessorSpanProcessed{}.Name()
	started := otelconv.SDKSpanStarted{}.Name()
	return []Difference{
		{Metrics: []string{otelconv.SDKSpanLive{}.Name()}, Absent: true,
			Why: "The spans that were open when otwatch attached cannot be counted. It is there for programs of `otwatch run` whose spans started and ended are exact."},
		{Metrics: []string{started}, Attributes: []attribute.Key{semconv.OTelSpanParentOriginKey}, Absent: true,
			Of: semconv.OTelSpanSamplingResultKey, Values: []string{snapshot.Drop}, Why: "A span that is not recorded does not keep its parent."},
		{Metrics: append(append([]string{duration}, exported[1:]...), inflight[1:]...), Attributes: []attribute.Key{semconv.ServerAddressKey, semconv.ServerPortKey}, Absent: true,
			Of: semconv.OTelComponentTypeKey, Values: otherSignals(),
			Why: "Where exporters of metrics and logs send to is not read from memory, only where those of spans do."},
		{Metrics: append([]string{duration}, exported...), Attributes: []attribute.Key{semconv.ErrorTypeKey},
			Why: "The SDK has the Go type of the error, such as `*errors.joinError`. otwatch has the class of its text, such as `refused` (`export.errors[].class` in [the report](report.md)), or `_OTHER` if it is not known."},
		{Metrics: []string{duration}, Attributes: []attribute.Key{semconv.RPCResponseStatusCodeKey, semconv.HTTPResponseStatusCodeKey}, Absent: true,
			Of:  semconv.ErrorTypeKey,
			Why: "For a call that failed, otwatch takes the code from the text of the error. At most some twenty errors a second are read. If an exporter over HTTP repeats the attempt (429, 502, 503, 504), the text has no code."},
		{Metrics: []string{processed},
			Why: "Of a simple processor, the SDK also counts spans that are recorded and not sampled, which it does not export. Since v1.46.0 it counts spans before their export, before that afterwards, with the `error.type` of the export."},
		{Metrics: append(append([]string{}, exported[:2]...), inflight[:2]...), Before: "v1.44.0",
			Why: "The SDK counts messages, each with the spans or records of one Resource. otwatch counts spans and records."},
		{Metrics: []string{duration}, Attributes: []attribute.Key{"rpc.grpc.status_code", semconv.RPCResponseStatusCodeKey}, Before: "v1.40.0",
			Why: "The SDK has `rpc.grpc.status_code`, a number, in place of `rpc.response.status_code`."},
	}
}
