package classify

import (
	"slices"
	"strings"
)

// Class is for whom a function, and in the end a stack, works.
type Class int

// The classes.
const (
	Unclassified Class = iota // of a stack: no function in it decides
	Neutral                   // works for its caller
	Application
	Tracing
	Instrumentation // calls tracing; a program with a no-op provider runs it too
	Metrics         // recording, collecting and exporting metrics, unless tracing does it
	Logs            // making, batching and exporting log records, and bridges from loggers
	Mark            // garbage collection: marking, in the background or as an allocation's assist
	Sweep           // garbage collection: sweeping, in the background or in an allocation
	Transport       // goroutines of a gRPC client connection
	Runtime         // other work of the runtime
	Scheduler       // looking for work, sleeping, timers, the network poller
)

// rule is a row of the classification table.
type rule struct {
	pkg   string   // path; with /... at the end, packages below it too
	names []string // local names, see function.is; none means all
	class Class
	stage string // only of Tracing, Metrics and Logs
	// hint is only of Neutral. Called by an export, it is the exact stage (serialize,
	// compress). The hint attributes means that the function is instrumentation if the
	// application calls it, unless metrics or logs are in between.
	hint    string
	api     bool     // a program with a no-op provider runs it too
	root    bool     // decides only if no other function of the stack does
	handsTo []string // see passThrough
}

// table is the classification. The first row that matches a function decides; a function
// without a row is the application's.
var table = slices.Concat(runtimeRules, passThrough, metricRules, logRules, tracingRules, libraryRules, standardLibrary())

// rows is the table by the first element of the packages' paths, since every frame of every
// stack is looked up.
var rows = func() map[string][]rule {
	byRoot := map[string][]rule{}
	for _, r := range table {
		byRoot[rootOf(r.pkg)] = append(byRoot[rootOf(r.pkg)], r)
	}
	return byRoot
}()

func rootOf(pkg string) string {
	root, _, _ := strings.Cut(pkg, "/")
	return root
}

var runtimeRules = []rule{
	// Garbage collection is of its own class even inside an allocation.
	{pkg: "runtime", names: []string{"gcAssistAlloc*", "gcDrain*", "gcBgMarkWorker", "gcStart", "gcMarkDone", "gcMarkTermination", "gcParkAssist"}, class: Mark},
	{pkg: "runtime", names: []string{"(*sweepLocked).sweep", "sweepone", "bgsweep", "gcenable.gowrap1", "deductSweepCredit"}, class: Sweep},
	{pkg: "runtime", names: []string{"mcall", "schedule", "findRunnable", "park_m", "sysmon", "mstart*", "goexit0", "gosched_m", "goschedImpl", "stopm", "startm", "exitsyscall0", "netpoll"}, class: Scheduler, root: true},
	{pkg: "runtime", names: []string{"bgscavenge", "morestack*", "newstack", "sigtramp*", "asyncPreempt*", "runFinalizers", "runfinq", "runCleanups", "(*cleanupQueue)*", "forcegchelper", "rt0_go"}, class: Runtime, root: true},
}

const (
	otel  = "go.opentelemetry.io/otel"
	sdk   = otel + "/sdk/trace"
	otlp  = otel + "/exporters/otlp/otlptrace"
	proto = "go.opentelemetry.io/proto/otlp"
)

var tracingRules = slices.Concat(sdkRules, exporterRules, apiRules, contribRules)

var sdkRules = []rule{
	{pkg: sdk, names: []string{
		"(*recordingSpan).SetAttributes", "(*recordingSpan).AddEvent", "(*recordingSpan).addEvent", "(*recordingSpan).AddLink",
		"(*recordingSpan).RecordError", "(*recordingSpan).SetName", "(*recordingSpan).SetStatus", "(*recordingSpan).addOverCapAttrs",
		"(*recordingSpan).addDroppedAttr", "(*recordingSpan).dedupeAttrs*", "normAttr", "truncateAttr", "(*evictedQueue)*", "newEvictedQueue*", "truncate", "recordStackTrace", "typeStr",
	}, class: Tracing, stage: StageAttributes},
	{pkg: sdk, names: []string{"(*recordingSpan).End", "(*recordingSpan).snapshot", "(*recordingSpan).endOrNot", "monotonicEndTime"}, class: Tracing, stage: StageEnd},
	{pkg: sdk, names: []string{
		"parentBased*", "(*parentBased)*", "alwaysOnSampler*", "(*alwaysOnSampler)*", "alwaysOffSampler*", "(*alwaysOffSampler)*",
		"traceIDRatioSampler*", "(*traceIDRatioSampler)*", "predeterminedSampler*", "(*predeterminedSampler)*", "alwaysRecord*", "(*alwaysRecord)*",
	}, class: Tracing, stage: StageSampling},
	{pkg: sdk, names: []string{"(*batchSpanProcessor)*", "(*simpleSpanProcessor)*", "NewBatchSpanProcessor", "(*TracerProvider).ForceFlush"}, class: Tracing, stage: StageBatch},
	{pkg: sdk, names: []string{"(*snapshot)*", "snapshot.*"}, class: Tracing, stage: StageSerialize},
	{pkg: sdk + "/x", names: []string{"(*probabilitySampler)*", "insertOrUpdateTraceState*", "tracestateRandomness"}, class: Tracing, stage: StageSampling},
	{pkg: sdk + "/...", class: Tracing, stage: StageCreate},
	{pkg: otel + "/sdk/internal/attrnorm", class: Neutral, hint: StageAttributes},
	{pkg: otel + "/sdk/...", class: Tracing, stage: StageCreate},
	{pkg: "go.opentelemetry.io/auto/sdk/...", class: Tracing, stage: StageCreate},
}

var exporterRules = []rule{
	{pkg: otlp + "/internal/tracetransform", class: Tracing, stage: StageSerialize},
	{pkg: otlp + "/otlptracegrpc/internal/retry", class: Tracing, stage: StageRetry},
	{pkg: otlp + "/otlptracehttp/internal/retry", class: Tracing, stage: StageRetry},
	{pkg: otlp + "/otlptracegrpc", names: []string{"newClient.Config.RequestFunc"}, class: Tracing, stage: StageRetry},
	{pkg: otlp + "/otlptracehttp", names: []string{"newClient.Config.RequestFunc"}, class: Tracing, stage: StageRetry},
	{pkg: otel + "/exporters/...", class: Tracing, stage: StageSend},
	{pkg: proto + "/collector/trace/...", class: Tracing, stage: StageSend},
	{pkg: proto + "/trace/...", class: Tracing, stage: StageSerialize},
	{pkg: proto + "/...", class: Neutral, hint: StageSerialize}, // common and resource are all signals'
}

var apiRules = []rule{
	// What a no-op provider does not run.
	{pkg: otel + "/trace", names: []string{"NewSpanEndConfig", "(*stackTraceOption).applySpanEnd", "stackTraceOption.applySpanEnd"}, class: Tracing, stage: StageEnd},
	{pkg: otel + "/trace", names: []string{
		"NewSpanStartConfig", "NewEventConfig", "attributeOption*", "(*attributeOption)*", "timestampOption*", "(*timestampOption)*", "spanOptionFunc*", "(*SpanConfig)*",
		"NewSpanContext", "SpanContext*", "(*SpanContext)*", "SpanID*", "TraceID*", "TraceState*", "(*TraceState)*",
	}, class: Tracing, stage: StageCreate},
	{pkg: otel + "/trace/...", class: Tracing, stage: StageCreate, api: true},
	{pkg: otel + "/attribute/...", class: Neutral, hint: StageAttributes},
	{pkg: otel + "/semconv/...", class: Neutral, hint: StageAttributes},
	// A no-op provider's spans are not valid, and not injected.
	{pkg: otel + "/propagation", names: []string{"TraceContext.Inject", "(*TraceContext).Inject"}, class: Tracing, stage: StagePropagation},
	{pkg: otel + "/propagation", class: Instrumentation},
	{pkg: otel + "/baggage/...", class: Instrumentation},
	{pkg: otel + "/internal/global", names: []string{"(*textMapPropagator)*"}, class: Instrumentation},
	{pkg: otel + "/bridge/...", class: Tracing, stage: StageCreate},
	{pkg: otel + "/...", class: Tracing, stage: StageCreate},
}

var contribRules = []rule{
	{pkg: contrib + "net/http/otelhttp/internal/semconv", class: Instrumentation},
	{pkg: "go.opentelemetry.io/contrib/propagators/...", class: Instrumentation},
	{pkg: "go.opentelemetry.io/contrib/samplers/...", class: Tracing, stage: StageSampling},
	{pkg: "go.opentelemetry.io/contrib/...", class: Instrumentation},
	{pkg: "github.com/riandyrn/otelchi/...", class: Instrumentation},
	{pkg: "github.com/XSAM/otelsql/...", class: Instrumentation},
	{pkg: "github.com/exaring/otelpgx", class: Instrumentation},
	{pkg: "github.com/GoogleCloudPlatform/opentelemetry-operations-go/exporter/trace", class: Tracing, stage: StageSend},
}

const grpcPackage = "google.golang.org/grpc"

var libraryRules = []rule{
	// Connections of servers and clients have the same writer: its caller decides.
	{pkg: grpcPackage + "/internal/transport", names: []string{"(*http2Server)*", "NewServerTransport", "newHTTP2Server"}, class: Application, root: true},
	{pkg: grpcPackage, names: []string{"(*Server)*", "serverWorker*"}, class: Application, root: true},
	{pkg: grpcPackage, names: []string{"encode", "prepareMsg"}, class: Neutral, hint: StageSerialize},
	// Without compression, codecs are looked up and compress is called all the same.
	{pkg: grpcPackage + "/encoding/gzip", class: Neutral, hint: StageCompress},
	{pkg: grpcPackage + "/encoding/...", class: Neutral, hint: StageSerialize},
	{pkg: grpcPackage + "/...", class: Transport, root: true},
	{pkg: "google.golang.org/protobuf/...", class: Neutral, hint: StageSerialize},
	{pkg: "github.com/klauspost/compress/...", class: Neutral, hint: StageCompress},
	{pkg: "golang.org/x/...", class: Neutral},
	{pkg: "google.golang.org/genproto/...", class: Neutral},
	{pkg: "github.com/cenkalti/backoff/...", class: Neutral},
	{pkg: "github.com/cespare/xxhash/...", class: Neutral},
	{pkg: "github.com/felixge/httpsnoop", class: Neutral},
	{pkg: "go.uber.org/zap/...", class: Neutral}, // a bridge uses its encoders
	{pkg: "github.com/go-logr/...", class: Neutral},
	{pkg: "", class: Neutral}, // no Go code, assembly, the compiler's own
	{pkg: "compress/...", class: Neutral, hint: StageCompress},
	// Connections of an HTTP server, or client, at work for themselves.
	{pkg: "net/http", names: []string{
		"(*conn).serve", "(*http2serverConn)*", "(*Server).Serve", "(*connReader)*",
		"(*persistConn)*", "(*Transport).dialConnFor", "(*http2ClientConn)*", "(*http2clientConnReadLoop)*",
	}, class: Application, root: true},
	{pkg: "os/signal", class: Application, root: true},
}

// standardLibrary has the packages of the standard library by the first elements of their
// paths, since paths of an application's packages need not contain a dot either.
func standardLibrary() []rule {
	var rules []rule
	for _, pkg := range []string{
		"archive", "bufio", "bytes", "cmp", "container", "context", "crypto", "database", "debug", "embed", "encoding",
		"errors", "expvar", "flag", "fmt", "go", "hash", "html", "image", "index", "internal", "io", "iter", "log", "maps", "math",
		"mime", "net", "os", "path", "plugin", "reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings", "structs",
		"sync", "syscall", "testing", "text", "time", "unicode", "unique", "unsafe", "vendor", "weak",
	} {
		rules = append(rules, rule{pkg: pkg + "/...", class: Neutral})
	}
	return rules
}

// classNames are the names of classes in output.
var classNames = [...]string{
	Unclassified: "unclassified", Neutral: "neutral", Application: "application", Tracing: "tracing", Instrumentation: "instrumentation",
	Metrics: "metrics", Logs: "logs", Mark: "gc-mark", Sweep: "gc-sweep", Transport: "transport", Runtime: "runtime", Scheduler: "scheduler",
}
