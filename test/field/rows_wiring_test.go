package field

import "time"

var wiring = program{name: "wiring"}

// endpointRows are situations of endpoints and settings that do not fit.
var endpointRows = []row{
	{name: "an endpoint with a scheme", situation: "a URL where gRPC's exporter takes host:port", reported: "openfga/openfga#2970",
		program: service, args: "-endpoint http://127.0.0.1:4317 -delay 1s", watch: 30 * time.Second,
		want:    []want{{id: "export-errors", severity: "critical", says: "http://127.0.0.1:4317  scheme", not: "overload"}},
		figures: []figure{nothingExported, failedExports}},
	{name: "IPv6 without brackets", situation: "an address of IPv6 that lacks its brackets, and so its port", reported: "grpc/grpc-go#3399",
		program: service, args: "-endpoint ::1:4317 -delay 1s", watch: 30 * time.Second,
		want:    []want{{id: "export-errors", severity: "critical", says: "no port  bracket"}},
		figures: []figure{nothingExported, failedExports}},
	{name: "a proxy in the way", situation: "HTTP_PROXY is set for the rest of the program, and the exporter goes there too", reported: "open-telemetry/opentelemetry-collector#10456",
		program: service, args: "-http -endpoint collector.example:4318 -delay 1s", env: "HTTP_PROXY=http://127.0.0.1:1", watch: 30 * time.Second,
		want:    []want{{id: "export-errors", severity: "critical", says: "proxy  collector\\.example  NO_PROXY"}},
		figures: []figure{nothingExported, failedExports}},
	{name: "a proxy in the way of gRPC", situation: "the same with HTTPS_PROXY and an exporter over gRPC", reported: "open-telemetry/opentelemetry-collector#11537",
		program: service, args: "-endpoint collector.example:4317 -delay 1s", env: "HTTPS_PROXY=http://127.0.0.1:1", watch: 30 * time.Second,
		want:    []want{{id: "export-errors", severity: "critical", says: "proxy  collector\\.example  NO_PROXY"}},
		figures: []figure{nothingExported, failedExports}},
	{name: "another protocol set", situation: "OTEL_EXPORTER_OTLP_PROTOCOL asks for HTTP, and the program makes an exporter over gRPC",
		program: service, args: "-rate 100", env: "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", watch: 20 * time.Second,
		want:    []want{{id: "ignored-settings", severity: "info|warning", says: "OTEL_EXPORTER_OTLP_PROTOCOL"}},
		figures: []figure{exported, noneDropped}},
}

// wiringRows are situations of exporters and processors that people have put together, and of
// providers that change.
var wiringRows = []row{
	{name: "a timeout of 10 ms", situation: "a timeout in milliseconds that was meant in seconds", reported: "open-telemetry/opentelemetry-go#3088",
		program: wiring, args: "-timeout 10ms", receiver: receiver{after: 80 * time.Millisecond}, watch: 30 * time.Second,
		want:    []want{{id: "export-errors", severity: "critical", says: "wait longer  OTEL_EXPORTER_OTLP_TIMEOUT", not: "receiver is slow"}},
		figures: []figure{nothingExported, failedExports}},
	{name: "an exporter that hides errors", situation: "an exporter of the program's own returns none, whatever that of OTLP returns",
		program: wiring, args: "-exporter quiet", receiver: receiver{away: true}, watch: 40 * time.Second,
		want: []want{{id: "export-errors|not-exported", severity: "critical", says: "refused"}}, figures: []figure{nothingExported}},
	{name: "an exporter that leaves spans out", situation: "an exporter of the program's own leaves health checks out",
		program: wiring, args: "-exporter choosy", watch: 30 * time.Second, figures: []figure{noneFailed, noneDropped}},
	{name: "two receivers, one away", situation: "two batch processors, of which one has a receiver that is away",
		program: wiring, args: "-second 127.0.0.1:1", watch: 40 * time.Second,
		want: []want{{id: "export-errors", severity: "warning|critical", says: `127\.0\.0\.1:1\b`}}},
	{name: "a queue that blocks", situation: "WithBlocking, and a receiver that is slow: requests wait in End",
		program: wiring, args: "-blocking -rate 400", receiver: receiver{after: 2 * time.Second}, watch: 40 * time.Second,
		want:   []want{{id: "queue-backlog", severity: "critical", says: "WithBlocking  wait"}, {id: "export-slow", severity: "warning|critical"}},
		beside: []string{"export-slow"}, never: []string{"span-drop"}, figures: []figure{noneDropped}},
	{name: "reloads", situation: "each reload builds a batch processor that the provider does not take", reported: "caddyserver/caddy#7826",
		program: wiring, args: "-life reload -after 1s", watch: 40 * time.Second,
		want:    []want{{id: "components-leak", severity: "warning|critical", says: `wiring\.go`}},
		figures: noSpanLost},
	{name: "a provider replaced", situation: "each reload sets another provider, and shuts the one before down", reported: "pomerium/pomerium#2262",
		program: wiring, args: "-life replace -after 8s", watch: 40 * time.Second, figures: noSpanLost},
	{name: "a provider set late", situation: "tracers are made before the provider, and delegate to it later", reported: "open-telemetry/opentelemetry-go#398",
		program: wiring, args: "-life late -after 8s", watch: 30 * time.Second, figures: noSpanLost},
	{name: "ended elsewhere", situation: "spans of jobs that another goroutine ends 12 s later",
		program: wiring, args: "-later 12s -rate 50", watch: 60 * time.Second, figures: noSpanLost},
	{name: "attributes over the limit", situation: "an attribute for each message: the SDK keeps 128 of a span, and drops the others", reported: "envoyproxy/ai-gateway#2060",
		program: wiring, args: "-attributes 200 -rate 100", watch: 30 * time.Second,
		want:   []want{{id: "span-flood", severity: "warning", says: "128  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT"}},
		beside: []string{"sampling-high", "attribute-cost"}, figures: noSpanLost},
}
