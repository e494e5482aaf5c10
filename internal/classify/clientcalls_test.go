package classify

import (
	"testing"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestClientCalls(t *testing.T) {
	tests := []struct {
		name, stack    string
		calls, exports uint64
	}{
		{"an export", "runtime.chansend < @transport.(*http2Client).write < @grpc.(*csAttempt).sendMsg < @grpc.invoke < @grpc.(*ClientConn).Invoke" + inBatch, 1, 1},
		{"the application's call", "runtime.mallocgc < @grpc.newClientStream < @grpc.(*ClientConn).Invoke < main.call", 1, 0},
		{"a call through an interceptor", "@grpc.invoke < " + contrib + "google.golang.org/grpc/otelgrpc.UnaryClientInterceptor.func1 < @grpc.(*ClientConn).Invoke < main.call", 1, 0},
		{"an export of metrics", "@grpc.invoke < @grpc.(*ClientConn).Invoke < @otel/exporters/otlp/otlpmetric/otlpmetricgrpc.(*client).UploadMetrics < runtime.goexit", 1, 1},
		{"a stream of the application", "@grpc.(*clientStream).RecvMsg < main.watch", 1, 0},
		{"an export is encoded", "google.golang.org/protobuf/proto.Marshal < @grpc.encode < @grpc.prepareMsg < @grpc.(*clientStream).SendMsg" + inBatch, 0, 0},
		{"an export over HTTP", "net/http.(*Client).Do < " + otlp + "/otlptracehttp.(*client).UploadTraces < @otlptrace.(*Exporter).ExportSpans", 0, 0},
		{"an interceptor of the application", "main.intercept < @grpc.(*ClientConn).Invoke < main.call", 0, 0},
		{"tracing within a call", "@sdk.(*tracer).Start < @grpc.(*ClientConn).Invoke < main.call", 0, 0},
		{"a connection", "net.(*conn).Write < @transport.(*loopyWriter).run < @transport.NewHTTP2Client.func6", 0, 0},
		{"a server", "@transport.(*http2Server).write < @grpc.(*Server).sendResponse < runtime.goexit", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Count([]snapshot.Stack{snapshot.NewStack(1, frames(tt.stack)...)})
			exports := c.Tracing.ClientCalls + c.Metrics.ClientCalls + c.Logs.ClientCalls
			if c.ClientCalls != tt.calls || exports != tt.exports {
				t.Errorf("%d calls, %d of exporters, want %d and %d", c.ClientCalls, exports, tt.calls, tt.exports)
			}
		})
	}
}
