package export

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"syscall"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/grpc"
)

// BenchmarkSend sends the usual metrics of a fleet, once a round, to a receiver in this process
// that decodes nothing. It reports the CPU time of the process, also as a share of a core if there
// is a round every ten seconds.
func BenchmarkSend(b *testing.B) {
	for _, targets := range []int{200, 1000} {
		for _, protocol := range []Protocol{HTTP, GRPC} {
			for _, essential := range []bool{false, true} {
				b.Run(fmt.Sprintf("%d/%s/essential=%t", targets, protocol, essential), func(b *testing.B) {
					benchmarkSend(b, targets, protocol, Format{Version: "v0.1.0", Essential: essential})
				})
			}
		}
	}
}

func benchmarkSend(b *testing.B, targets int, protocol Protocol, format Format) {
	s, err := NewSender(b.Context(), Options{Endpoint: discarding(b, protocol), Protocol: protocol, Interval: time.Hour, Logger: slog.New(slog.DiscardHandler), Format: format})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close(b.Context()) })
	reports := fleet(targets)
	began := processCPUTime(b)
	rounds := 0
	for b.Loop() {
		rounds++
		for i := range reports {
			reports[i].Window.Seconds = float64(rounds)
		}
		s.pending.update(slices.Clone(reports))
		if err := s.attempt(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	spent := (processCPUTime(b) - began) / time.Duration(rounds)
	b.ReportMetric(float64(spent.Microseconds())/1000, "cpu-ms/round")
	b.ReportMetric(100*spent.Seconds()/defaultInterval.Seconds(), "%core")
}

// discarding is a receiver that takes everything, and decodes nothing.
func discarding(b *testing.B, protocol Protocol) string {
	b.Helper()
	if protocol == HTTP {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/x-protobuf")
		}))
		b.Cleanup(server.Close)
		return server.URL
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := grpc.NewServer(grpc.ForceServerCodec(undecoded{}))
	collector.RegisterMetricsServiceServer(server, accepting{})
	go func() { _ = server.Serve(listener) }() // returns when Stop is called
	b.Cleanup(server.Stop)
	return listener.Addr().String()
}

// undecoded is a codec that leaves messages empty.
type undecoded struct{}

func (undecoded) Name() string                { return "proto" }
func (undecoded) Marshal(any) ([]byte, error) { return nil, nil }
func (undecoded) Unmarshal([]byte, any) error { return nil }

type accepting struct {
	collector.UnimplementedMetricsServiceServer
}

func (accepting) Export(context.Context, *collector.ExportMetricsServiceRequest) (*collector.ExportMetricsServiceResponse, error) {
	return &collector.ExportMetricsServiceResponse{}, nil
}

func processCPUTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
