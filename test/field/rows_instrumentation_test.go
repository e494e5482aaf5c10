package field

import "time"

var (
	rpc        = program{name: "rpc"}
	rpcV58     = program{name: "rpc", modules: "v0.58"}
	web        = program{name: "web"}
	webV46     = program{name: "web", modules: "v0.46"}
	perDial    = program{name: "perdial"}
	logging    = program{name: "logging"}
	metering   = program{name: "metering"}
	plugged    = program{name: "plugged", plugin: "plug"}
	noSpanLost = []figure{exported, noneFailed, noneDropped}
)

// instrumentationRows are situations with instrumentation that others have written.
var instrumentationRows = []row{
	{name: "gRPC client", situation: "a service that calls others over gRPC",
		program: rpc, args: "-mode client -rate 150", watch: 40 * time.Second, alone: true, untraced: true,
		beside: []string{"sampling-high"}, figures: append(noSpanLost, tracingShare)},
	{name: "a connection and handler for each request", situation: "otelgrpc.NewClientHandler in each request", reported: "open-telemetry/opentelemetry-go-contrib#4226",
		program: rpc, args: "-mode client -rate 50 -each", watch: 40 * time.Second,
		want:   []want{{id: "propagator-churn|components-leak|scope-churn", severity: "warning|critical", says: "NewClientHandler|otelgrpc"}},
		beside: []string{"sampling-high"}, figures: noSpanLost},
	{name: "streams", situation: "watches that stay, beside short calls", reported: "open-telemetry/opentelemetry-go-contrib#436",
		program: rpc, args: "-mode server -rate 200 -streams 30 -more 10", watch: 40 * time.Second,
		beside: []string{"sampling-high"}, figures: noSpanLost},
	{name: "streams of 20 s", situation: "watches that live for 20 s, beside short calls", reported: "open-telemetry/opentelemetry-go-contrib#436",
		program: rpc, args: "-mode server -rate 200 -streams 30 -more 10 -live 20s", watch: 40 * time.Second,
		beside: []string{"sampling-high"}, figures: noSpanLost},
	{name: "health checks filtered", situation: "otelgrpc starts spans for filtered health checks and never ends them", reported: "open-telemetry/opentelemetry-go-contrib#6446",
		program: rpcV58, args: "-mode server -rate 80 -health 200", watch: 40 * time.Second,
		want:   []want{{id: "span-leak", severity: "warning|critical", says: `otelgrpc@v0\.58\.0  upgrade`, not: `defer span\.End`}},
		beside: []string{"known-issue", "sampling-high"}, figures: append(noSpanLost, neverEnded(1))},
	{name: "health checks filtered, processor of its own", situation: "the same with a processor that keeps open spans, and no exporter", reported: "getsentry/sentry-go#959",
		program: rpcV58, args: "-mode server -rate 240 -health 60 -own", watch: 40 * time.Second,
		want:   []want{{id: "span-leak", severity: "warning|critical", says: `otelgrpc@v0\.58\.0`, not: `defer span\.End`}},
		beside: []string{"known-issue"}, never: []string{"sampling-high"}, figures: []figure{neverEnded(1)}},

	{name: "HTTP client", situation: "otelhttp's client ends each span twice, at the end of the body and when it is closed",
		program: web, args: "-mode client -rate 150", watch: 30 * time.Second,
		beside: []string{"sampling-high"}, figures: noSpanLost},
	{name: "HTTP streams", situation: "streams of events through the handler that serves pages", reported: "hypermodeinc/dgraph#3032",
		program: web, args: "-mode server -rate 200 -streams 30 -more 10", watch: 40 * time.Second,
		beside: []string{"sampling-high"}, figures: noSpanLost},
	{name: "a transport for each request", situation: "otelhttp.NewTransport in each request", reported: "open-telemetry/opentelemetry-go-contrib#4226",
		program: web, args: "-mode client -rate 200 -each", watch: 40 * time.Second,
		want:   []want{{id: "propagator-churn|components-leak|scope-churn", severity: "warning|critical", says: "NewTransport|otelhttp"}},
		beside: []string{"sampling-high"}, figures: noSpanLost},
	{name: "fan-out", situation: "25 calls a request, with spans for the parts of each", reported: "open-telemetry/opentelemetry-go-contrib#8785",
		program: web, args: "-mode fan -rate 10 -sub", watch: 40 * time.Second, alone: true,
		want:    []want{{id: "span-flood", severity: "info|warning|critical", says: `WithoutSubSpans`}},
		beside:  []string{"sampling-high", "span-drop", "queue-backlog"},
		figures: []figure{noneFailed}},
	{name: "fan-out without sub-spans", situation: "25 calls a request, as advised", reported: "open-telemetry/opentelemetry-go-contrib#8785",
		program: web, args: "-mode fan -rate 10", watch: 40 * time.Second, alone: true,
		beside: []string{"sampling-high"}, figures: noSpanLost},
	{name: "bodies unread", situation: "a body that is not read to its end leaves its span open", reported: "open-telemetry/opentelemetry-go-contrib#4876",
		program: webV46, args: "-mode client -rate 100 -sub -unread 30", watch: 40 * time.Second,
		want:   []want{{id: "span-leak", severity: "warning|critical", says: `http\.receive  otelhttptrace@v0\.46\.1  upgrade|read .*end`, not: `defer span\.End`}},
		beside: []string{"sampling-high"}, figures: append(noSpanLost, neverEnded(0.3))},

	{name: "an interceptor for each connection", situation: "instruments that are made for each connection, and kept", reported: "open-telemetry/opentelemetry-go-contrib#4226",
		program: perDial, args: "-rate 100", watch: 40 * time.Second,
		want:   []want{{id: "scope-churn|components-leak", severity: "warning|critical", says: "instrument"}},
		beside: []string{"sampling-high"}, figures: noSpanLost},
	{name: "logs spin", situation: "while its receiver is slow, the log SDK keeps a CPU busy", reported: "open-telemetry/opentelemetry-go#6797",
		program: logging, args: "-records 2000", receiver: receiver{logsAfter: 3 * time.Second}, watch: 40 * time.Second, alone: true,
		want:   []want{{id: "log-drop", severity: "critical"}, {id: "known-issue", severity: "warning|critical", says: `v1\.45|v0\.2\d`}},
		beside: []string{"export-slow", "sampling-high"}, figures: noSpanLost},
	{name: "logs fail", situation: "a receiver that takes no logs", reported: "open-telemetry/opentelemetry-go#6788",
		program: logging, args: "-records 50", receiver: receiver{noLogs: true}, watch: 30 * time.Second,
		want:    []want{{id: "export-errors", severity: "warning|critical", says: `\blogs?\b`}},
		figures: noSpanLost},
	{name: "metrics scraped", situation: "1,000 instruments of 20 attribute sets with exemplars, scraped each second", reported: "open-telemetry/opentelemetry-go#6260",
		program: metering, args: "-counters 1000 -sets 20", watch: 40 * time.Second, alone: true,
		want:   []want{{id: "metrics-cost", severity: "warning"}},
		beside: []string{"sampling-high"}, never: []string{"high-cardinality"}, figures: append(noSpanLost, metricsAtLeast(0.2))},
	{name: "metrics fail", situation: "a receiver that takes no metrics", reported: "open-telemetry/opentelemetry-go#6788",
		program: metering, args: "-push -counters 10", receiver: receiver{noMetrics: true}, watch: 30 * time.Second,
		want:    []want{{id: "export-errors", severity: "warning|critical", says: `\bmetrics?\b`}},
		figures: noSpanLost},
	{name: "a plugin", situation: "a host that loads a plugin with the SDK",
		program: plugged, watch: 20 * time.Second, refuses: "plugin", figures: noSpanLost},
}
