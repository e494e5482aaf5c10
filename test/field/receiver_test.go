package field

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // as collectors have it
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	logspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
)

// receiver is how exports are answered. The zero value takes all of them at once.
type receiver struct {
	away      bool          // nobody listens
	http      bool          // OTLP/HTTP in place of gRPC
	tls       bool          // with a certificate that nobody knows
	after     time.Duration // it answers after so long
	silent    time.Duration // so long after its first export it answers none; 0: never
	code      codes.Code    // gRPC status
	status    int           // HTTP status; 0: 200
	message   string        // of a refusal or a partial success
	path      string        // of HTTP, the only one; "": /v1/traces
	retry     time.Duration // when to come again
	every     int           // one of so many exports is refused; 0: all, if a status is set
	partial   bool          // partial success
	rejects   int           // spans of each export that a partial success rejects
	logsAfter time.Duration // it answers exports of logs after so long
	noMetrics bool          // it does not know metrics
	noLogs    bool          // it does not know logs
}

// listening is a receiver that runs.
type listening struct {
	tracepb.UnimplementedTraceServiceServer
	receiver
	address string
	began   func() time.Time // of the first export

	mu       sync.Mutex
	arrivals []arrival
}

// listen starts a receiver, which ends with the test.
func (r receiver) listen(t *testing.T) *listening {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &listening{receiver: r, address: listen.Addr().String(), began: sync.OnceValue(time.Now)}
	switch {
	case r.away:
		listen.Close()
	case r.http:
		server := httptest.NewUnstartedServer(l)
		server.Listener.Close()
		server.Listener = listen
		server.Start()
		t.Cleanup(func() {
			server.CloseClientConnections()
			server.Close()
		})
	default:
		var options []grpc.ServerOption
		if r.tls {
			options = append(options, grpc.Creds(credentials.NewTLS(unknownCertificate(t))))
		}
		server := grpc.NewServer(options...)
		tracepb.RegisterTraceServiceServer(server, l)
		if !r.noLogs {
			logspb.RegisterLogsServiceServer(server, logs{after: r.logsAfter})
		}
		if !r.noMetrics {
			metricspb.RegisterMetricsServiceServer(server, metrics{})
		}
		go func() { _ = server.Serve(listen) }()
		t.Cleanup(server.Stop)
	}
	return l
}

// unknownCertificate is of a server that nobody has reason to trust.
func unknownCertificate(t *testing.T) *tls.Config {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return &tls.Config{Certificates: server.TLS.Certificates, NextProtos: []string{"h2"}}
}

// got lists what has arrived so far.
func (l *listening) got() []arrival {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]arrival(nil), l.arrivals...)
}

// take notes an export, and reports whether it is refused.
func (l *listening) take(ctx context.Context, request *tracepb.ExportTraceServiceRequest) (refuse bool, response *tracepb.ExportTraceServiceResponse) {
	a := arrival{at: time.Now()}
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			a.spans += len(scope.Spans)
		}
	}
	after := l.after
	if l.silent > 0 && time.Since(l.began()) > l.silent {
		after = time.Hour
	}
	select {
	case <-time.After(after):
	case <-ctx.Done():
	}
	response = &tracepb.ExportTraceServiceResponse{}
	l.mu.Lock()
	defer l.mu.Unlock()
	refusing := l.code != codes.OK || l.status != 0
	a.refused = ctx.Err() != nil || refusing && (l.every == 0 || len(l.arrivals)%l.every == l.every-1)
	if l.partial {
		a.rejected = min(l.rejects, a.spans)
		response.PartialSuccess = &tracepb.ExportTracePartialSuccess{RejectedSpans: int64(a.rejected), ErrorMessage: l.message}
	}
	l.arrivals = append(l.arrivals, a)
	return a.refused, response
}

func (l *listening) Export(ctx context.Context, request *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	refuse, response := l.take(ctx, request)
	if ctx.Err() != nil {
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	if !refuse {
		return response, nil
	}
	refusal := status.New(l.code, l.message)
	if l.retry > 0 {
		refusal, _ = refusal.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(l.retry)})
	}
	return nil, refusal.Err()
}

// ServeHTTP takes exports over HTTP.
func (l *listening) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if want := l.path; r.URL.Path != want && !(want == "" && r.URL.Path == "/v1/traces") {
		http.NotFound(w, r)
		return
	}
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unzipped
	}
	var request tracepb.ExportTraceServiceRequest
	content, err := io.ReadAll(body)
	if err == nil {
		err = proto.Unmarshal(content, &request)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	refuse, response := l.take(r.Context(), &request)
	if refuse {
		if l.retry > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(l.retry.Seconds())))
		}
		http.Error(w, l.message, l.status)
		return
	}
	answer, _ := proto.Marshal(response)
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(answer)
}

// logs takes logs.
type logs struct {
	logspb.UnimplementedLogsServiceServer
	after time.Duration
}

func (l logs) Export(ctx context.Context, _ *logspb.ExportLogsServiceRequest) (*logspb.ExportLogsServiceResponse, error) {
	select {
	case <-time.After(l.after):
	case <-ctx.Done():
	}
	return &logspb.ExportLogsServiceResponse{}, nil
}

// metrics takes metrics.
type metrics struct {
	metricspb.UnimplementedMetricsServiceServer
}

func (metrics) Export(context.Context, *metricspb.ExportMetricsServiceRequest) (*metricspb.ExportMetricsServiceResponse, error) {
	return &metricspb.ExportMetricsServiceResponse{}, nil
}
