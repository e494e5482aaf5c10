package analyzer

import (
	"slices"
	"strings"
)

// class is who a function, and in the end a stack, works for.
type class int

const (
	unclassified class = iota // of a stack: nothing in the table speaks for it
	neutral                   // works for its caller
	application
	tracing
	instrumentation // calls tracing; a no-op provider's program runs it too
	otherSignal     // metrics and logs: no tracing, but the SDK's tracing may be their caller
	mark            // the collector marks, in the background or in an allocation's assist
	sweep           // the collector sweeps, in the background or in an allocation
	transport       // the goroutines of a gRPC client connection
	runtimeWork     // of the runtime, for nobody in particular
	scheduler       // looking for work and sleeping, timers, the network poller
)

// Kinds of stages.
const (
	direct   = "direct"   // what tracing was doing
	indirect = "indirect" // what tracing made others do
)

// Direct stages.
const (
	stageCreate      = "create"
	stageAttributes  = "attributes"
	stageEnd         = "end"
	stageSampling    = "sampling"
	stagePropagation = "propagation"
	stageBatch       = "batch"
	stageSerialize   = "serialize"
	stageCompress    = "compress"
	stageSend        = "send"
	stageRetry       = "retry"
)

var directStages = []string{
	stageCreate, stageAttributes, stageEnd, stageSampling, stagePropagation, stageBatch, stageSerialize, stageCompress, stageSend, stageRetry,
}

// Indirect stages.
const (
	stageTransport = "transport"
	stageGC        = "gc"
	stageScheduler = "scheduler"
)

// rule is a row of the classification table: what is known of some functions.
type rule struct {
	pkg   string   // path; with /... at the end the packages below it too
	names []string // local names, see function.is; none: all
	class class
	stage string // of tracing
	// hint is of neutral functions. Over an export it names the stage more
	// closely (serialize, compress); attributes says that under the application
	// the function is instrumentation, unless metrics or logs are in between.
	hint    string
	api     bool     // a no-op provider's program executes it too
	root    bool     // speaks for a stack only if nothing else in it does
	handsTo []string // see passThrough
}

// table is the classification, the first row that fits a function speaks. What
// no row knows is the application's.
var table = slices.Concat(runtimeRules, passThrough, tracingRules, libraryRules, standardLibrary())

// rows is the table by the first element of the packages' paths, in its order:
// every frame of every stack is looked up.
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
	// The collector's work is nobody's even in the middle of an allocation.
	{pkg: "runtime", names: []string{"gcAssistAlloc*", "gcDrain*", "gcBgMarkWorker", "gcStart", "gcMarkDone", "gcMarkTermination", "gcParkAssist"}, class: mark},
	{pkg: "runtime", names: []string{"(*sweepLocked).sweep", "sweepone", "bgsweep", "gcenable.gowrap1", "deductSweepCredit"}, class: sweep},
	{pkg: "runtime", names: []string{"mcall", "schedule", "findRunnable", "park_m", "sysmon", "mstart*", "goexit0", "gosched_m", "goschedImpl", "stopm", "startm", "exitsyscall0", "netpoll"}, class: scheduler, root: true},
	{pkg: "runtime", names: []string{"bgscavenge", "morestack*", "newstack", "sigtramp*", "asyncPreempt*", "runFinalizers", "runfinq", "runCleanups", "(*cleanupQueue)*", "forcegchelper", "rt0_go"}, class: runtimeWork, root: true},
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
	}, class: tracing, stage: stageAttributes},
	{pkg: sdk, names: []string{"(*recordingSpan).End", "(*recordingSpan).snapshot", "(*recordingSpan).endOrNot", "monotonicEndTime"}, class: tracing, stage: stageEnd},
	{pkg: sdk, names: []string{
		"parentBased*", "(*parentBased)*", "alwaysOnSampler*", "(*alwaysOnSampler)*", "alwaysOffSampler*", "(*alwaysOffSampler)*",
		"traceIDRatioSampler*", "(*traceIDRatioSampler)*", "predeterminedSampler*", "(*predeterminedSampler)*", "alwaysRecord*", "(*alwaysRecord)*",
	}, class: tracing, stage: stageSampling},
	{pkg: sdk, names: []string{"(*batchSpanProcessor)*", "(*simpleSpanProcessor)*", "NewBatchSpanProcessor", "(*TracerProvider).ForceFlush"}, class: tracing, stage: stageBatch},
	{pkg: sdk, names: []string{"(*snapshot)*", "snapshot.*"}, class: tracing, stage: stageSerialize},
	{pkg: sdk + "/...", class: tracing, stage: stageCreate},
	{pkg: otel + "/sdk/internal/attrnorm", class: neutral, hint: stageAttributes},
	{pkg: otel + "/sdk/metric/...", class: otherSignal},
	{pkg: otel + "/sdk/log/...", class: otherSignal},
	{pkg: otel + "/sdk/...", class: tracing, stage: stageCreate},
	{pkg: "go.opentelemetry.io/auto/sdk/...", class: tracing, stage: stageCreate},
}

var exporterRules = []rule{
	{pkg: otlp + "/internal/tracetransform", class: tracing, stage: stageSerialize},
	{pkg: otlp + "/otlptracegrpc/internal/retry", class: tracing, stage: stageRetry},
	{pkg: otlp + "/otlptracehttp/internal/retry", class: tracing, stage: stageRetry},
	{pkg: otlp + "/otlptracegrpc", names: []string{"newClient.Config.RequestFunc"}, class: tracing, stage: stageRetry},
	{pkg: otlp + "/otlptracehttp", names: []string{"newClient.Config.RequestFunc"}, class: tracing, stage: stageRetry},
	{pkg: otel + "/exporters/otlp/otlpmetric/...", class: otherSignal},
	{pkg: otel + "/exporters/otlp/otlplog/...", class: otherSignal},
	{pkg: otel + "/exporters/prometheus/...", class: otherSignal},
	{pkg: otel + "/exporters/stdout/stdoutmetric/...", class: otherSignal},
	{pkg: otel + "/exporters/stdout/stdoutlog/...", class: otherSignal},
	{pkg: otel + "/exporters/...", class: tracing, stage: stageSend},
	{pkg: proto + "/collector/trace/...", class: tracing, stage: stageSend},
	{pkg: proto + "/trace/...", class: tracing, stage: stageSerialize},
	{pkg: proto + "/...", class: neutral, hint: stageSerialize}, // common and resource are all signals'
}

var apiRules = []rule{
	// What a no-op provider never looks at.
	{pkg: otel + "/trace", names: []string{"NewSpanEndConfig", "(*stackTraceOption).applySpanEnd", "stackTraceOption.applySpanEnd"}, class: tracing, stage: stageEnd},
	{pkg: otel + "/trace", names: []string{
		"NewSpanStartConfig", "NewEventConfig", "attributeOption*", "(*attributeOption)*", "timestampOption*", "(*timestampOption)*", "spanOptionFunc*", "(*SpanConfig)*",
		"NewSpanContext", "SpanContext*", "(*SpanContext)*", "SpanID*", "TraceID*", "TraceState*", "(*TraceState)*",
	}, class: tracing, stage: stageCreate},
	{pkg: otel + "/trace/...", class: tracing, stage: stageCreate, api: true},
	{pkg: otel + "/attribute/...", class: neutral, hint: stageAttributes},
	{pkg: otel + "/semconv/...", class: neutral, hint: stageAttributes},
	// A no-op provider's spans are not valid, and not injected.
	{pkg: otel + "/propagation", names: []string{"TraceContext.Inject", "(*TraceContext).Inject"}, class: tracing, stage: stagePropagation},
	{pkg: otel + "/propagation", class: instrumentation},
	{pkg: otel + "/baggage/...", class: instrumentation},
	{pkg: otel + "/internal/global", names: []string{"(*textMapPropagator)*"}, class: instrumentation},
	{pkg: otel + "/internal/global", names: []string{
		"(*meter*", "(*si*", "(*sf*", "(*ai*", "(*af*", "(*registration)*", "(*instID)*",
	}, class: otherSignal},
	{pkg: otel + "/metric/...", class: otherSignal},
	{pkg: otel + "/log/...", class: otherSignal},
	{pkg: otel + "/bridge/...", class: tracing, stage: stageCreate},
	{pkg: otel + "/...", class: tracing, stage: stageCreate},
}

var contribRules = []rule{
	{pkg: contrib + "net/http/otelhttp/internal/semconv", names: []string{"HTTPServer.RecordMetrics", "HTTPClient.RecordMetrics", "(*HTTPServer).RecordMetrics", "(*HTTPClient).RecordMetrics"}, class: otherSignal},
	{pkg: contrib + "net/http/otelhttp/internal/semconv", class: instrumentation},
	{pkg: contrib + "runtime/...", class: otherSignal},
	{pkg: contrib + "host", class: otherSignal},
	{pkg: "go.opentelemetry.io/contrib/bridges/...", class: otherSignal},
	{pkg: "go.opentelemetry.io/contrib/propagators/...", class: instrumentation},
	{pkg: "go.opentelemetry.io/contrib/samplers/...", class: tracing, stage: stageSampling},
	{pkg: "go.opentelemetry.io/contrib/...", class: instrumentation},
	{pkg: "github.com/riandyrn/otelchi/...", class: instrumentation},
	{pkg: "github.com/XSAM/otelsql/...", class: instrumentation},
	{pkg: "github.com/exaring/otelpgx", class: instrumentation},
	{pkg: "github.com/GoogleCloudPlatform/opentelemetry-operations-go/exporter/trace", class: tracing, stage: stageSend},
}

const grpcPackage = "google.golang.org/grpc"

var libraryRules = []rule{
	// A server's connections have the same writer as a client's: what stands
	// further out tells.
	{pkg: grpcPackage + "/internal/transport", names: []string{"(*http2Server)*", "NewServerTransport", "newHTTP2Server"}, class: application, root: true},
	{pkg: grpcPackage, names: []string{"(*Server)*", "serverWorker*"}, class: application, root: true},
	{pkg: grpcPackage, names: []string{"encode", "prepareMsg"}, class: neutral, hint: stageSerialize},
	// Where nothing is compressed its codecs are looked up, and compress called, all
	// the same.
	{pkg: grpcPackage + "/encoding/gzip", class: neutral, hint: stageCompress},
	{pkg: grpcPackage + "/encoding/...", class: neutral, hint: stageSerialize},
	{pkg: grpcPackage + "/...", class: transport, root: true},
	{pkg: "google.golang.org/protobuf/...", class: neutral, hint: stageSerialize},
	{pkg: "github.com/klauspost/compress/...", class: neutral, hint: stageCompress},
	{pkg: "golang.org/x/...", class: neutral},
	{pkg: "google.golang.org/genproto/...", class: neutral},
	{pkg: "github.com/cenkalti/backoff/...", class: neutral},
	{pkg: "github.com/cespare/xxhash/...", class: neutral},
	{pkg: "github.com/felixge/httpsnoop", class: neutral},
	{pkg: "github.com/go-logr/...", class: neutral},
	{pkg: "", class: neutral}, // no Go code, assembly, the compiler's own
	{pkg: "compress/...", class: neutral, hint: stageCompress},
	// Connections of an HTTP server, or client, at work for themselves.
	{pkg: "net/http", names: []string{
		"(*conn).serve", "(*http2serverConn)*", "(*Server).Serve", "(*connReader)*",
		"(*persistConn)*", "(*Transport).dialConnFor", "(*http2ClientConn)*", "(*http2clientConnReadLoop)*",
	}, class: application, root: true},
	{pkg: "os/signal", class: application, root: true},
}

// standardLibrary are the standard library's packages by the first elements of
// their paths, since those of an application need not hold a dot either.
func standardLibrary() []rule {
	var rules []rule
	for _, pkg := range []string{
		"archive", "bufio", "bytes", "cmp", "container", "context", "crypto", "database", "debug", "embed", "encoding",
		"errors", "expvar", "flag", "fmt", "go", "hash", "html", "image", "index", "internal", "io", "iter", "log", "maps", "math",
		"mime", "net", "os", "path", "plugin", "reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings", "structs",
		"sync", "syscall", "testing", "text", "time", "unicode", "unique", "unsafe", "vendor", "weak",
	} {
		rules = append(rules, rule{pkg: pkg + "/...", class: neutral})
	}
	return rules
}
