package classify

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// Short forms of the paths in the stacks below.
var paths = strings.NewReplacer(
	"@sdk.", sdk+".", "@grpc.", grpcPackage+".", "@transport.", grpcPackage+"/internal/transport.",
	"@otlpgrpc.", otlp+"/otlptracegrpc.", "@otlptrace.", otlp+".", "@transform.", otlp+"/internal/tracetransform.",
	"@otelhttp.", contrib+"net/http/otelhttp.", "@otel/", otel+"/", "@service.", proto+"/collector/trace/v1.")

// frames splits a stack, written from its leaf outwards.
func frames(stack string) []*snapshot.Frame {
	var frames []*snapshot.Frame
	for name := range strings.SplitSeq(paths.Replace(stack), " < ") {
		frames = append(frames, &snapshot.Frame{Function: strings.TrimPrefix(name, "?")})
	}
	return frames
}

const (
	exporting = " < @service.(*traceServiceClient).Export < @otlpgrpc.(*client).UploadTraces < @otlptrace.(*Exporter).ExportSpans"
	inBatch   = exporting + " < @sdk.(*batchSpanProcessor).exportSpans < @sdk.(*batchSpanProcessor).processQueue < @sdk.NewBatchSpanProcessor.func1 < runtime.goexit"
	marking   = " < runtime.gcDrain < runtime.gcBgMarkWorker.func2 < runtime.systemstack < runtime.gcBgMarkWorker < runtime.gcBgMarkStartWorkers.gowrap1 < runtime.goexit"
)

func TestClassify(t *testing.T) {
	tests := []struct {
		name, stack string
		want        classification
	}{
		{"create", "runtime.mallocgc < runtime.newobject < @sdk.(*tracer).newRecordingSpan < @sdk.(*tracer).newSpan < @sdk.(*tracer).Start < main.work < runtime.goexit",
			classification{class: Tracing, stage: StageCreate, malloc: true}},
		{"attributes", "@sdk.normAttr < @sdk.(*recordingSpan).SetAttributes < main.work", classification{class: Tracing, stage: StageAttributes}},
		{"attributes built by the application", "runtime.mallocgc < @otel/attribute.String < main.work", classification{class: Instrumentation, malloc: true}},
		{"attributes of a metric", "@otel/attribute.NewSet < @otel/metric.WithAttributes < main.work", classification{class: Metrics, stage: StageRecord}},
		{"a metric of the application", "@otel/sdk/metric.(*int64Inst).Add < main.work", classification{class: Metrics, stage: StageRecord}},
		{"a metric of instrumentation", "runtime.mallocgc < @otel/sdk/metric/internal/aggregate.(*deltaSum[...]).measure < @otel/sdk/metric.(*int64Inst).Add < @otelhttp.(*middleware).serveHTTP < net/http.(*conn).serve",
			classification{class: Metrics, stage: StageRecord, malloc: true}},
		{"the span of an exemplar", "@otel/trace.SpanContextFromContext < @otel/sdk/metric/exemplar.TraceBasedFilter < @otel/sdk/metric/internal/aggregate.Builder[...].filter.func1 < @otel/sdk/metric.(*int64Inst).Add < main.work",
			classification{class: Metrics, stage: StageExemplars}},
		{"a log record", "runtime.mallocgc < @otel/sdk/log.(*logger).newRecord < @otel/sdk/log.(*logger).Emit < go.opentelemetry.io/contrib/bridges/otelslog.(*Handler).Handle < log/slog.(*Logger).log < main.work",
			classification{class: Logs, stage: StageEmit, malloc: true}},
		{"the span of a log record", "@otel/trace.SpanContextFromContext < @otel/sdk/log.(*logger).newRecord < @otel/sdk/log.(*logger).Emit < main.work", classification{class: Logs, stage: StageEmit}},
		{"a logger's encoder in a bridge", "go.uber.org/zap/zapcore.Field.AddTo < go.opentelemetry.io/contrib/bridges/otelzap.(*Core).Write < go.uber.org/zap/zapcore.(*CheckedEntry).Write < main.work", classification{class: Logs, stage: StageEmit}},
		{"a logger without a bridge", "go.uber.org/zap/zapcore.Field.AddTo < go.uber.org/zap/zapcore.(*ioCore).Write < main.work", classification{class: Application}},
		{"a log record is queued", "@otel/sdk/log.(*queue).Enqueue < @otel/sdk/log.(*BatchProcessor).OnEmit < @otel/sdk/log.(*logger).Emit < main.work", classification{class: Logs, stage: StageBatch}},
		{"log records are serialized", "runtime.mapassign < " + otlpLog + "/otlploggrpc/internal/transform.ResourceLogs < " + otlpLog + "/otlploggrpc.(*Exporter).Export < @otel/sdk/log.(*timeoutExporter).Export < @otel/sdk/log.(*BatchProcessor).exportBatch",
			classification{class: Logs, stage: StageSerialize, exports: true}},
		{"log records are serialized in gRPC", "google.golang.org/protobuf/internal/impl.(*MessageInfo).marshal < @grpc.encode < @grpc.(*ClientConn).Invoke < " + proto + "/collector/logs/v1.(*logsServiceClient).Export < " + otlpLog + "/otlploggrpc.(*client).UploadLogs",
			classification{class: Logs, stage: StageSerialize, exports: true}},
		{"a metric of the log SDK's own", "@otel/sdk/metric.(*int64Inst).Add < @otel/sdk/log/internal/observ.(*BLP).Processed < @otel/sdk/log.(*BatchProcessor).process.func1 < runtime.goexit", classification{class: Logs, stage: StageEmit}},
		{"a metric of the SDK's own", "@otel/sdk/metric.(*int64Inst).Add < @otel/sdk/trace/internal/observ.Tracer.SpanStarted < @sdk.(*tracer).Start < main.work",
			classification{class: Tracing, stage: StageCreate}},
		{"metrics exported", "@otel/sdk/metric.(*PeriodicReader).run < runtime.goexit", classification{class: Metrics, stage: StageCollect}},
		{"end", "? < runtime.nanotime1 < @sdk.monotonicEndTime < @sdk.(*recordingSpan).End < main.work", classification{class: Tracing, stage: StageEnd}},
		{"sampling", "@sdk.parentBased.ShouldSample < @sdk.(*tracer).newSpan < main.work", classification{class: Tracing, stage: StageSampling}},
		{"sampling by rules of the program", "strings.Contains < main.matches < main.rules.ShouldSample < @sdk.parentBased.ShouldSample < @sdk.(*tracer).newSpan < main.work", classification{class: Tracing, stage: StageSampling}},
		{"a sampler that the program asks itself", "main.matches < main.rules.ShouldSample < main.work", classification{class: Application}},
		{"propagation", "@otel/propagation.TraceContext.Inject < main.work", classification{class: Tracing, stage: StagePropagation}},
		{"an incoming context", "@otel/propagation.TraceContext.Extract < main.work", classification{class: Instrumentation}},
		{"the API", "@otel/trace.SpanFromContext < @sdk.(*tracer).Start < main.work", classification{class: Tracing, stage: StageCreate, api: true}},
		{"context under the API's caller", "runtime.mallocgc < context.WithValue < @sdk.(*tracer).Start < main.work",
			classification{class: Tracing, stage: StageCreate, api: true, malloc: true}},
		{"context under the application", "context.WithValue < main.work", classification{class: Application}},
		{"batch", "runtime.selectgo < @sdk.(*batchSpanProcessor).processQueue < @sdk.NewBatchSpanProcessor.func1 < runtime.goexit", classification{class: Tracing, stage: StageBatch}},
		{"serialize", "runtime.mapassign < @transform.KeyValues < @transform.span < @transform.Spans < @otlptrace.(*Exporter).ExportSpans", classification{class: Tracing, stage: StageSerialize, exports: true}},
		{"serialize in gRPC", "google.golang.org/protobuf/internal/impl.(*MessageInfo).marshal < @grpc.encode < @grpc.(*ClientConn).Invoke" + inBatch, classification{class: Tracing, stage: StageSerialize, exports: true}},
		{"a codec is looked up", "google.golang.org/grpc/encoding.GetCodec < @grpc.getCodec < @grpc.(*ClientConn).Invoke" + inBatch, classification{class: Tracing, stage: StageSerialize, exports: true}},
		{"compress", "compress/flate.(*compressor).deflate < @grpc.compress < @grpc.(*ClientConn).Invoke" + inBatch, classification{class: Tracing, stage: StageCompress, exports: true}},
		{"send", "@grpc.newClientStream < @grpc.(*ClientConn).Invoke" + inBatch, classification{class: Tracing, stage: StageSend, exports: true}},
		{"send on the application's goroutine", "@grpc.(*ClientConn).Invoke" + exporting + " < @sdk.(*simpleSpanProcessor).OnEnd < @sdk.(*recordingSpan).End < main.work",
			classification{class: Tracing, stage: StageSend, exports: true, inline: true}},
		{"retry", "time.NewTimer < " + otlp + "/otlptracegrpc/internal/retry.wait < @otlptrace.(*Exporter).ExportSpans", classification{class: Tracing, stage: StageRetry, exports: true}},
		{"type parameters", "slices.SortFunc[go.shape.struct { go.opentelemetry.io/otel/attribute.Key }] < main.work", classification{class: Application}},
		{"the compiler's hash", "type:.hash." + otlp + "/internal/tracetransform.key·1 < runtime.mapaccess2 < main.work", classification{class: Application}},
		{"the collector's parts of OpenTelemetry", "go.opentelemetry.io/collector/pdata/ptrace.Traces.SpanCount < runtime.goexit", classification{class: Application}},
		{"a module without a dot", "shop/checkout.total < runtime.goexit", classification{class: Application}},
		{"a generated wrapper of a versioned package", "gopkg.in/yaml%2ev3.Unmarshal < runtime.goexit", classification{class: Application}},

		{"otelhttp hands over", "net/http.(*ServeMux).ServeHTTP < @otelhttp.(*middleware).serveHTTP < @otelhttp.NewMiddleware.func2.1 < net/http.(*conn).serve < runtime.goexit", classification{class: Application}},
		{"otelhttp itself", "runtime.mapassign_faststr < @otelhttp.(*middleware).serveHTTP < net/http.(*conn).serve < runtime.goexit", classification{class: Instrumentation}},
		{"a request handed over", "net/http.(*Transport).RoundTrip < @otelhttp.(*Transport).RoundTrip < main.call", classification{class: Application}},
		{"gRPC hands over", "@grpc.invoke < " + contrib + "google.golang.org/grpc/otelgrpc.UnaryClientInterceptor.func1 < main.call", classification{class: Application}},
		{"otelgrpc's leaf callback", "runtime.mallocgc < " + contrib + "google.golang.org/grpc/otelgrpc.(*serverHandler).TagRPC < @grpc.(*Server).handleStream < runtime.goexit",
			classification{class: Instrumentation, malloc: true}},
		{"a driver handed over", "database/sql/driver.Conn.QueryContext < github.com/XSAM/otelsql.(*otConn).QueryContext < main.query", classification{class: Application}},

		{"mark", "runtime.scanObject" + marking, classification{class: Mark}},
		{"assist", "runtime.scanObject < runtime.gcDrainN < runtime.gcAssistAlloc1 < runtime.gcAssistAlloc < runtime.mallocgc < @sdk.(*tracer).Start < main.work", classification{class: Mark}},
		{"sweep", "runtime.sweepone < runtime.bgsweep < runtime.gcenable.gowrap1 < runtime.goexit", classification{class: Sweep}},
		{"sweep in an allocation", "runtime.(*sweepLocked).sweep < runtime.(*mcentral).cacheSpan < runtime.mallocgc < @sdk.(*tracer).Start < main.work", classification{class: Sweep}},
		{"the client's writer", "internal/runtime/syscall/linux.Syscall6 < net.(*conn).Write < @transport.(*loopyWriter).run < @transport.NewHTTP2Client.func6 < runtime.goexit", classification{class: Transport}},
		{"the client's reader", "golang.org/x/net/http2.(*Framer).ReadFrameHeader < @transport.(*http2Client).reader < @transport.NewHTTP2Client.gowrap4 < runtime.goexit", classification{class: Transport}},
		{"the server's writer", "net.(*conn).Write < @transport.(*loopyWriter).run < @transport.NewServerTransport.func2 < runtime.goexit", classification{class: Application}},
		{"the scheduler", "internal/runtime/syscall/linux.Syscall6 < runtime.netpoll < runtime.findRunnable < runtime.schedule < runtime.park_m < runtime.mcall", classification{class: Scheduler}},
		{"a preemption", "runtime.schedule < runtime.goschedImpl < runtime.gopreempt_m < runtime.newstack < runtime.morestack", classification{class: Scheduler}},
		{"a growing stack", "runtime.copystack < runtime.newstack < runtime.morestack", classification{class: Runtime}},
		{"memory returned", "runtime.madvise < runtime.(*scavengerState).run < runtime.bgscavenge < runtime.gcenable.gowrap2 < runtime.goexit", classification{class: Runtime}},
		{"nothing known", "? < ?", classification{class: Unclassified}},
		{"no frames", "runtime.goexit", classification{class: Unclassified}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := classify(frames(tt.stack))
			// What allocates under a collector's frame was cut off before.
			if got != tt.want {
				t.Errorf("classify(%s)\n got %+v\nwant %+v", tt.stack, got, tt.want)
			}
		})
	}
}

// TestReaders has what runs below a metric reader, whose callbacks are the program's.
func TestReaders(t *testing.T) {
	const reading = " < @otel/sdk/metric.(*pipeline).produce < @otel/sdk/metric.(*PeriodicReader).collect < @otel/sdk/metric.(*PeriodicReader).collectAndExport < @otel/sdk/metric.(*PeriodicReader).run"
	for _, tt := range []struct {
		name, stack string
		class       Class
		stage       string
	}{
		{"a sum", "@otel/sdk/metric/internal/aggregate.(*cumulativeSum[...]).collect" + reading, Metrics, StageCollect},
		{"a callback", "main.queueLength" + reading, Metrics, StageCollect},
		{"attributes in a callback", "@otel/attribute.String < main.queueLength" + reading, Metrics, StageCollect},
		{"a library of a callback", "github.com/shirou/gopsutil/v4/cpu.Times < " + contrib + "host.(*host).register.func1" + reading, Metrics, StageCollect},
		{"an export", "runtime.mallocgc < " + otlpMetric + "/otlpmetrichttp.(*client).UploadMetrics < @otel/sdk/metric.(*PeriodicReader).exportWithTimeout < @otel/sdk/metric.(*PeriodicReader).collectAndExport", Metrics, StageExport},
		{"a collection of garbage", "runtime.scanObject < runtime.gcDrainN < runtime.gcAssistAlloc < runtime.mallocgc" + reading, Mark, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := detailsOf(frames(tt.stack)); d.class != tt.class || d.stage != tt.stage || !d.reads {
				t.Errorf("%s, %s, want %s, %s", classNames[d.class], d.stage, classNames[tt.class], tt.stage)
			}
		})
	}
}

// Every row of a signal has a stage, and no row stands behind one that takes all
// of its functions.
func TestTable(t *testing.T) {
	for i, r := range table {
		if signal := r.class == Tracing || r.class == Metrics || r.class == Logs; signal != (r.stage != "") {
			t.Errorf("row %d (%s): class %d, stage %q", i, r.pkg, r.class, r.stage)
		}
		f := function{pkg: strings.TrimSuffix(r.pkg, "/..."), local: "x"}
		for _, before := range table[:i] {
			if len(before.names) == 0 && f.in(before.pkg) {
				t.Errorf("row %d (%s) is never reached: %s stands before it", i, r.pkg, before.pkg)
			}
		}
	}
}
