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
	Attributes []attribute.Key    // that have other values, or none; empty: it is about the series or their values
	Of         attribute.KeyValue // of series with this attribute, with any value if it has none; no key: of all
	Absent     bool               // otwatch has no such series, or its series no such attributes
	Before     string             // the SDK version with which it ended, as in v1.44.0; empty: it has not
	Why        string
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
			Why: "The spans that were open when otwatch attached cannot be counted."},
		{Metrics: []string{started}, Attributes: []attribute.Key{semconv.OTelSpanParentOriginKey}, Absent: true,
			Of: semconv.OTelSpanSamplingResultKey.String(snapshot.Drop), Why: "A span that is not recorded does not keep its parent."},
		{Metrics: append(append([]string{duration}, exported...), inflight...), Attributes: []attribute.Key{semconv.ServerAddressKey, semconv.ServerPortKey}, Absent: true,
			Why: "The report has where span exporters send to (`export.exporters`). The metrics do not have it yet."},
		{Metrics: append([]string{duration}, exported...), Attributes: []attribute.Key{semconv.ErrorTypeKey},
			Why: "The SDK has the Go type of the error, such as `*errors.joinError`."},
		{Metrics: []string{duration}, Attributes: []attribute.Key{semconv.RPCResponseStatusCodeKey, semconv.HTTPResponseStatusCodeKey}, Absent: true,
			Of:  attribute.KeyValue{Key: semconv.ErrorTypeKey},
			Why: "Only calls that succeeded have a status code. The report has that of calls that failed (`export.errors`)."},
		{Metrics: []string{otelconv.SDKLogCreated{}.Name(), otelconv.SDKProcessorLogQueueSize{}.Name(), otelconv.SDKProcessorLogQueueCapacity{}.Name()}, Absent: true,
			Why: "The queue of a log processor is not read. What it dropped is an estimate in the report. Records created are sent if every one was counted, which the budget allows at low rates."},
		{Metrics: []string{processed},
			Why: "Of a simple processor, the SDK also counts spans that are recorded and not sampled, which it does not export. Since v1.46.0 it counts spans before their export, before that afterwards, with the `error.type` of the export."},
		{Metrics: append(append([]string{}, exported[:2]...), inflight[:2]...), Before: "v1.44.0",
			Why: "The SDK counts messages, each with the spans or records of one Resource. otwatch counts spans and records."},
		{Metrics: []string{duration}, Attributes: []attribute.Key{"rpc.grpc.status_code", semconv.RPCResponseStatusCodeKey}, Before: "v1.40.0",
			Why: "The SDK has `rpc.grpc.status_code`, a number, in place of `rpc.response.status_code`."},
	}
}
