package defects

// Effect is what a defect does.
type Effect int

// The effects, the most severe first.
const (
	Vulnerability Effect = iota // others can do harm with it
	Crash                       // the program panics, waits for ever or fails at its work
	Loss                        // telemetry is lost
	Growth                      // memory, goroutines or files grow
	Load                        // it takes CPU time
	Falsehood                   // telemetry says what is not so
)

var effects = [...]string{"vulnerability", "crash", "loss", "growth", "load", "falsehood"}

func (e Effect) String() string { return effects[e] }

// Defect is a row of the table.
type Defect struct {
	ID      string // a CVE or, if there is none, a name
	Source  string // URL of who reported or fixed it
	Effect  Effect
	Affects []Range
	// Functions are those with the defect: a program is affected if it has one of them. Any
	// program with the module is, if there are none. The compiler must not inline them.
	Functions []string
	Says      string // what happens: a sentence without its full stop
	Instead   string // what helps without an upgrade; "" if nothing does
	// Intended says that it is a change of behaviour, which harms few: it is mentioned only where
	// its symptom is seen.
	Intended bool
}

// Range is the versions of a module that have a defect: From and later, and before Before.
type Range struct {
	Module string
	From   string // "" is the first version
	Before string // the version with the cure; "" if there is none
}

const (
	otel        = "go.opentelemetry.io/otel"
	sdk         = otel + "/sdk"
	sdkMetric   = otel + "/sdk/metric"
	sdkLog      = otel + "/sdk/log"
	otlp        = otel + "/exporters/otlp"
	traceHTTP   = otlp + "/otlptrace/otlptracehttp"
	metricHTTP  = otlp + "/otlpmetric/otlpmetrichttp"
	logHTTP     = otlp + "/otlplog/otlploghttp"
	contrib     = "go.opentelemetry.io/contrib"
	instruments = contrib + "/instrumentation"
	otelHTTP    = instruments + "/net/http/otelhttp"
	otelGRPC    = instruments + "/google.golang.org/grpc/otelgrpc"
	httpTrace   = instruments + "/net/http/httptrace/otelhttptrace"
	otelMongoV2 = instruments + "/go.mongodb.org/mongo-driver/v2/mongo/otelmongo"
	issues      = "https://github.com/open-telemetry/opentelemetry-go/issues/"
	pulls       = "https://github.com/open-telemetry/opentelemetry-go/pull/"
	contribPull = "https://github.com/open-telemetry/opentelemetry-go-contrib/pull/"
	vulndb      = "https://pkg.go.dev/vuln/"
)

// extractBaggage is the method that propagators call, through an interface.
const extractBaggage = otel + "/propagation.(*Baggage).Extract"

// IDs of defects whose symptoms package findings knows.
const (
	LogSpin         = "log-processor-spins"
	FilteredSpans   = "otelgrpc-filter-leaks"
	BodyNotRepeated = "otlp-http-goaway"
	PathNotAppended = "otlp-http-endpoint-path"
)

// table is in the order of the modules' repositories, newest first. Each range was checked in the
// source at the versions around its ends. CVE-2026-24051 and CVE-2026-39883, commands that
// sdk/resource looks for in PATH, are not in it: the code is only in programs for macOS and BSD.
var table = []Defect{
	// opentelemetry-go.
	{
		ID: "baggage-properties", Source: "https://github.com/open-telemetry/opentelemetry-go/releases/tag/v1.47.0", Effect: Growth,
		Affects:   []Range{{Module: otel, Before: "v1.47.0"}},
		Functions: []string{extractBaggage},
		Says:      "a request whose baggage header is full of short properties makes the program allocate many times the header's size",
	},
	{
		ID: "record-error-deadlock", Source: pulls + "8815", Effect: Crash,
		Affects:   []Range{{Module: sdk, From: "v1.31.0", Before: "v1.47.0"}},
		Functions: []string{sdk + "/trace.(*recordingSpan).RecordError"},
		Says:      "RecordError waits for ever if the error's Error method uses the same span",
		Instead:   "keep the span out of the Error methods of your errors",
	},
	{
		ID: "CVE-2026-41178", Source: vulndb + "GO-2026-5158", Effect: Vulnerability,
		// The database leaves v1.42.0 out. Its baggage package is the same as those of v1.41.0 and v1.43.0.
		Affects:   []Range{{Module: otel, From: "v1.41.0", Before: "v1.44.0"}},
		Functions: []string{extractBaggage},
		Says:      "baggage headers of any length are parsed, and each bad member is logged: requests can take much CPU time and memory",
	},
	{
		ID: "CVE-2026-29181", Source: vulndb + "GO-2026-5506", Effect: Vulnerability,
		Affects:   []Range{{Module: otel, From: "v1.36.0", Before: "v1.41.0"}},
		Functions: []string{extractBaggage},
		Says:      "each of many baggage headers of a request is parsed: requests can take much CPU time and memory",
	},
	{
		ID: "CVE-2026-39882", Source: vulndb + "GO-2026-4985", Effect: Vulnerability,
		Affects: []Range{{Module: traceHTTP, Before: "v1.43.0"}, {Module: metricHTTP, Before: "v1.43.0"}, {Module: logHTTP, Before: "v0.19.0"}},
		Says:    "a receiver's answer is read into memory whatever its size: a false receiver can exhaust the memory",
	},
	{
		ID: "GO-2026-6505", Source: vulndb + "GO-2026-6505", Effect: Vulnerability,
		Affects: []Range{{Module: otlp + "/otlptrace", From: "v1.5.0", Before: "v1.45.0"}},
		Says:    "the exporter's endpoint, with what it may contain of secrets, is written to the SDK's log if its verbosity is raised",
	},
	{
		ID: "CVE-2026-45287", Source: vulndb + "GO-2026-5281", Effect: Vulnerability,
		Affects: []Range{{Module: otel + "/schema", Before: "v0.0.17"}},
		Says:    "ParseFile leaves each file open that it reads",
	},
	{
		ID: LogSpin, Source: issues + "6797", Effect: Load,
		Affects:   []Range{{Module: sdkLog, Before: "v0.21.0"}},
		Functions: []string{sdkLog + ".(*BatchProcessor).poll.func1"},
		Says:      "the batch processor of log records spins while its exports are slow",
	},
	{
		ID: "exemplars-keep-contexts", Source: pulls + "8389", Effect: Growth,
		Affects: []Range{{Module: sdkMetric, From: "v1.40.0", Before: "v1.45.0"}},
		Says:    "each exemplar keeps the context of its request in memory, with all that hangs on it, such as buffers of gRPC",
		Instead: "switch exemplars off: OTEL_METRICS_EXEMPLAR_FILTER=always_off",
	},
	{
		ID: "otlp-http-retry-after", Source: pulls + "8383", Effect: Load,
		Affects: []Range{{Module: traceHTTP, Before: "v1.45.0"}, {Module: metricHTTP, Before: "v1.45.0"}, {Module: logHTTP, Before: "v0.21.0"}},
		Says:    "a receiver's Retry-After of 30 seconds counts as 30 nanoseconds: an overloaded receiver does not get the rest that it asks for",
	},
	{
		ID: PathNotAppended, Source: pulls + "8538", Effect: Loss, Intended: true,
		Affects: []Range{{Module: traceHTTP, From: "v1.45.0"}, {Module: metricHTTP, From: "v1.45.0"}},
		Says:    "WithEndpointURL no longer adds the path /v1/traces or /v1/metrics to a URL without a path",
		Instead: `give the whole URL: otlptracehttp.WithEndpointURL("http://collector:4318/v1/traces")`,
	},
	{
		ID: "reservoir-race", Source: pulls + "8249", Effect: Falsehood,
		Affects: []Range{{Module: sdkMetric, From: "v1.40.0", Before: "v1.44.0"}},
		Says:    "measurements at the same time can mix up the values of exemplars",
	},
	{
		ID: "prometheus-collect-race", Source: pulls + "8227", Effect: Crash,
		Affects: []Range{{Module: otel + "/exporters/prometheus", From: "v0.45.0", Before: "v0.66.0"}},
		Says:    "scrapes at the same time can end the program, with WithResourceAsConstantLabels",
	},
	{
		ID: BodyNotRepeated, Source: pulls + "7794", Effect: Loss,
		Affects: []Range{{Module: traceHTTP, Before: "v1.40.0"}, {Module: metricHTTP, Before: "v1.42.0"}, {Module: logHTTP, Before: "v0.19.0"}},
		Says:    "an export fails if the receiver, or a proxy before it, closes the HTTP/2 connection meanwhile (GOAWAY)",
	},
	{
		ID: "flush-goroutines", Source: pulls + "6369", Effect: Growth,
		Affects: []Range{{Module: sdk, Before: "v1.35.0"}},
		Says:    "a ForceFlush whose context ends leaves a goroutine behind that holds the batch",
		Instead: "call ForceFlush with a context that outlasts the export",
	},
	{
		ID: "global-meter-leaks", Source: pulls + "5754", Effect: Growth,
		Affects: []Range{{Module: otel, From: "v1.16.0", Before: "v1.30.0"}},
		Says:    "without a MeterProvider, each instrument that is created anew is kept for good, as by handlers of otelhttp and otelgrpc that are built for each request",
		Instead: "set a MeterProvider, be it noop.NewMeterProvider(), or create handlers and instruments once",
	},
	{
		ID: "baggage-panic", Source: pulls + "5494", Effect: Crash,
		Affects:   []Range{{Module: otel, From: "v1.26.0", Before: "v1.28.0"}},
		Functions: []string{otel + "/baggage.NewMemberRaw", otel + "/baggage.NewMember", extractBaggage},
		Says:      "a character U+0080 in a key or value of baggage causes a panic",
	},
	{
		ID: "instruments-not-cached", Source: pulls + "4820", Effect: Growth,
		Affects: []Range{{Module: sdkMetric, Before: "v1.23.0"}},
		Says:    "an instrument that is created again with the same name takes memory again",
		Instead: "create instruments once",
	},
	{
		ID: "batch-processor-deadlock", Source: pulls + "4353", Effect: Crash,
		Affects: []Range{{Module: sdk, Before: "v1.17.0"}},
		Says:    "spans that end while the batch processor is shut down can make it panic or wait for ever",
	},

	// opentelemetry-go-contrib.
	{
		ID: "multipart-files", Source: "https://github.com/open-telemetry/opentelemetry-go-contrib/releases/tag/v1.47.0", Effect: Growth,
		Affects:   []Range{{Module: otelHTTP, Before: "v0.72.0"}},
		Functions: []string{"net/http.(*Request).ParseMultipartForm"},
		Says:      "temporary files of multipart requests that a handler parses are not removed",
		Instead:   "call r.MultipartForm.RemoveAll() in handlers of uploads",
	},
	{
		ID: "mongo-connections", Source: contribPull + "9352", Effect: Growth,
		Affects: []Range{{Module: otelMongoV2, From: "v0.64.0", Before: "v0.70.0"}},
		Says:    "metrics get an attribute set for each connection to the database",
		Instead: "drop network.peer.address in a view",
	},
	{
		ID: "xray-same-ids", Source: contribPull + "9359", Effect: Falsehood,
		Affects: []Range{{Module: contrib + "/propagators/aws", Before: "v1.45.0"}},
		Says:    "trace ids repeat in all processes in which reading random numbers fails at the start",
	},
	{
		ID: FilteredSpans, Source: "https://github.com/open-telemetry/opentelemetry-go-contrib/issues/6446", Effect: Loss,
		Affects: []Range{{Module: otelGRPC, From: "v0.52.0", Before: "v0.60.0"}},
		Says:    "otelgrpc starts spans for calls that its filter rejects, and never ends them",
		Instead: "remove otelgrpc.WithFilter",
	},
	{
		ID: "httptrace-panic", Source: contribPull + "7464", Effect: Crash,
		Affects: []Range{{Module: httpTrace, Before: "v0.62.0"}},
		Says:    "a client trace without a span causes a panic",
	},
	{
		ID: "presigned-urls", Source: contribPull + "5975", Effect: Crash,
		Affects: []Range{{Module: instruments + "/github.com/aws/aws-sdk-go-v2/otelaws", Before: "v0.58.0"}},
		Says:    "presigned URLs are refused by AWS, since tracing headers are signed too",
	},
	{
		ID: "b3-panic", Source: contribPull + "5754", Effect: Crash,
		Affects: []Range{{Module: contrib + "/propagators/b3", Before: "v1.28.0"}},
		Says:    "a b3 header that is cut off causes a panic",
	},
	{
		ID: "CVE-2023-47108", Source: vulndb + "GO-2023-2331", Effect: Vulnerability,
		Affects: []Range{{Module: otelGRPC, From: "v0.37.0", Before: "v0.46.0"}},
		Says:    "metrics get an attribute set for each address and port of a client: requests can exhaust the memory",
		Instead: "drop net.sock.peer.addr and net.sock.peer.port in a view, or set no MeterProvider",
	},
	{
		ID: "CVE-2023-45142", Source: vulndb + "GO-2023-2113", Effect: Vulnerability,
		Affects: []Range{
			{Module: otelHTTP, Before: "v0.44.0"},
			{Module: httpTrace, Before: "v0.44.0"},
			{Module: instruments + "/github.com/emicklei/go-restful/otelrestful", Before: "v0.44.0"},
			{Module: instruments + "/github.com/gin-gonic/gin/otelgin", Before: "v0.44.0"},
			{Module: instruments + "/github.com/gorilla/mux/otelmux", Before: "v0.44.0"},
			{Module: instruments + "/github.com/labstack/echo/otelecho", Before: "v0.44.0"},
			{Module: instruments + "/gopkg.in/macaron.v1/otelmacaron", Before: "v0.44.0"},
		},
		Says:    "metrics get an attribute set for each User-Agent and method that clients invent: requests can exhaust the memory",
		Instead: "exclude requests of unknown methods with a filter of the instrumentation",
	},
	{
		ID: "CVE-2023-25151", Source: vulndb + "GO-2023-1546", Effect: Vulnerability,
		Affects: []Range{{Module: otelHTTP, From: "v0.38.0", Before: "v0.39.0"}},
		Says:    "metrics get an attribute set for each User-Agent and URL that clients invent: requests can exhaust the memory",
	},

	// Others.
	{
		ID: "otelsql-close", Source: "https://github.com/XSAM/otelsql/pull/199", Effect: Growth,
		Affects: []Range{{Module: "github.com/XSAM/otelsql", Before: "v0.27.0"}},
		Says:    "DB.Close does not close the driver's connector",
	},
}
