package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
	"google.golang.org/protobuf/proto"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestExporters watches a program with each exporter of the SDK, whose receiver takes, rejects in part, or refuses its spans.
func TestExporters(t *testing.T) {
	const made = 1009
	otwatch, exporters := build(t, "./cmd/otwatch"), buildHere(t, "./exporters")
	refuse := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }
	tests := []struct {
		name, exporter, component string
		answer                    http.HandlerFunc
		failed                    float64
	}{
		{"OTLP over gRPC", "otlpgrpc", "otlp_grpc_span_exporter/0", nil, 0},
		{"OTLP over HTTP", "otlphttp", "otlp_http_span_exporter/0", accept, 0},
		{"OTLP over HTTP, compressed", "otlphttp+gzip", "otlp_http_span_exporter/0", accept, 0},
		{"OTLP over HTTP, in part", "otlphttp", "otlp_http_span_exporter/0", rejectThree, 6}, // in two exports
		{"OTLP over HTTP, refused", "otlphttp", "otlp_http_span_exporter/0", refuse, made},
		{"Zipkin", "zipkin", "zipkin_http_span_exporter/0", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }, 0},
		{"Zipkin, refused", "zipkin", "zipkin_http_span_exporter/0", refuse, made},
		{"stdout", "stdout", "go.opentelemetry.io/otel/exporters/stdout/stdouttrace.Exporter/0", accept, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got received
			url := got.receive(t, test.answer)
			program := start(t, true, nil, exporters, "-exporter", test.exporter, "-url", url, "-spans", strconv.Itoa(made))
			if line := program.readLine(t); line != "ready" {
				t.Fatalf("the program says %q", line)
			}
			watcher := start(t, false, nil, otwatch, "attach", "--pid", strconv.Itoa(program.cmd.Process.Pid), "--output", "json")
			watcher.until(t, "it is attached", func() bool { return attached(watcher) })
			program.next(t)
			watcher.wait(t)
			report := readReport(t, watcher)
			if s := report.Spans; s.Ended == nil || s.Ended.Value != made || s.Failed.Value != test.failed || s.Exported.Value != made-test.failed {
				t.Errorf("ended %+v, exported %+v, failed %+v; want %d, of which %v fail", s.Ended, s.Exported, s.Failed, made, test.failed)
			}
			if len(report.Processors) != 1 || report.Processors[0].Exporter != test.component {
				t.Errorf("processors %+v, want one with %s", report.Processors, test.component)
			}
			e, gzipped := report.Export, strings.HasSuffix(test.exporter, "gzip")
			if otlp := strings.HasPrefix(test.exporter, "otlp"); otlp != (e.Bytes != nil) {
				t.Errorf("bytes %v of %s", e.Bytes, test.exporter)
			} else if otlp && *e.Bytes != got.encoded.Load() {
				t.Errorf("%d bytes; the receiver got %d", *e.Bytes, got.encoded.Load())
			}
			c, overHTTP := e.Compression, strings.HasPrefix(test.exporter, "otlphttp")
			if overHTTP != (c != nil) || overHTTP && (c.SentBytes != got.sent.Load() || c.On != gzipped) {
				t.Errorf("%+v of %s; the receiver got %d", c, test.exporter, got.sent.Load())
			}
		})
	}
}

// received is how many bytes a receiver got, as sent and as encoded before that.
type received struct {
	tracepb.UnimplementedTraceServiceServer
	sent, encoded atomic.Uint64
}

// receive returns the URL of a receiver over HTTP or, without an answer of that, over
// gRPC, until the test ends.
func (r *received) receive(t *testing.T, answer http.HandlerFunc) string {
	if answer != nil {
		receiver := httptest.NewServer(r.counting(answer))
		t.Cleanup(receiver.Close)
		return receiver.URL
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.StatsHandler(r))
	tracepb.RegisterTraceServiceServer(server, r)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return "http://" + listener.Addr().String()
}

// Export takes what comes over gRPC.
func (r *received) Export(context.Context, *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	return &tracepb.ExportTraceServiceResponse{}, nil
}

// HandleRPC counts the payloads over gRPC.
func (r *received) HandleRPC(_ context.Context, event stats.RPCStats) {
	if payload, ok := event.(*stats.InPayload); ok {
		r.encoded.Add(uint64(payload.Length))
	}
}

func (*received) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*received) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*received) HandleConn(context.Context, stats.ConnStats)                       {}

func (r *received) counting(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.sent.Add(uint64(len(body)))
		if request.Header.Get("Content-Encoding") == "gzip" {
			zipped, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			body, _ = io.ReadAll(zipped)
		}
		r.encoded.Add(uint64(len(body)))
		answer(w, request)
	}
}

func accept(http.ResponseWriter, *http.Request) {}

// rejectThree answers as an OTLP receiver that could not use three spans.
func rejectThree(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	body, err := proto.Marshal(&tracepb.ExportTraceServiceResponse{
		PartialSuccess: &tracepb.ExportTracePartialSuccess{RejectedSpans: 3, ErrorMessage: "not these"},
	})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(body)
}

// TestEverySymbolExists finds each row of the catalogue that is not for older
// SDKs alone in one of the programs.
func TestEverySymbolExists(t *testing.T) {
	found := map[string]bool{}
	for _, path := range []string{build(t, "./testdata/targets/reference"), buildHere(t, "./exporters"), buildHere(t, "./signals")} {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		program, err := gobinary.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		functions, err := program.Functions(probes.Symbols()...)
		if err != nil {
			t.Fatal(err)
		}
		for symbol := range functions {
			found[symbol] = true
		}
	}
	for _, symbol := range probes.Symbols() {
		if !found[symbol] && symbol != testtarget.Retired {
			t.Errorf("no program has %s", symbol)
		}
	}
}
