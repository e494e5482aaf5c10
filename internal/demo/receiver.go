package demo

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"

	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	v1 "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// answerDelay makes the receiver as slow as one behind a network.
const answerDelay = 5 * time.Millisecond

// Receiver is an OTLP/gRPC receiver on a free port of 127.0.0.1. It counts
// spans and keeps the last value of every metric.
type Receiver struct {
	tracepb.UnimplementedTraceServiceServer
	server *grpc.Server
	listen net.Listener

	mu      sync.Mutex
	got     Received
	metrics map[string]Metric
}

// Received is what a Receiver has received.
type Received struct {
	TraceExports  uint64
	Spans         uint64
	MetricExports uint64
	Metrics       []Metric // by name
}

// Metric is the last value of a metric, the sum of its data points.
type Metric struct {
	Name  string
	Unit  string
	Value float64 // the number of values, for a histogram
}

// NewReceiver starts a Receiver.
func NewReceiver() (*Receiver, error) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the demo's receiver: %w", err)
	}
	r := &Receiver{server: grpc.NewServer(), listen: listen, metrics: map[string]Metric{}}
	tracepb.RegisterTraceServiceServer(r.server, r)
	metricspb.RegisterMetricsServiceServer(r.server, metricsService{receiver: r})
	go func() { _ = r.server.Serve(listen) }()
	return r, nil
}

// Endpoint is the receiver's host:port.
func (r *Receiver) Endpoint() string { return r.listen.Addr().String() }

// Close stops the receiver.
func (r *Receiver) Close() { r.server.Stop() }

// Received returns what has been received so far.
func (r *Receiver) Received() Received {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	for _, name := range slices.Sorted(maps.Keys(r.metrics)) {
		got.Metrics = append(got.Metrics, r.metrics[name])
	}
	return got
}

// Export receives spans.
func (r *Receiver) Export(_ context.Context, request *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	time.Sleep(answerDelay)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got.TraceExports++
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			r.got.Spans += uint64(len(scope.Spans))
		}
	}
	return &tracepb.ExportTraceServiceResponse{}, nil
}

// metricsService receives metrics. It is a type of its own because its method is called
// Export too.
type metricsService struct {
	metricspb.UnimplementedMetricsServiceServer
	receiver *Receiver
}

// Export receives metrics.
func (s metricsService) Export(_ context.Context, request *metricspb.ExportMetricsServiceRequest) (*metricspb.ExportMetricsServiceResponse, error) {
	s.receiver.mu.Lock()
	defer s.receiver.mu.Unlock()
	s.receiver.got.MetricExports++
	for _, resource := range request.ResourceMetrics {
		for _, scope := range resource.ScopeMetrics {
			for _, m := range scope.Metrics {
				s.receiver.metrics[m.Name] = Metric{Name: m.Name, Unit: m.Unit, Value: total(m)}
			}
		}
	}
	return &metricspb.ExportMetricsServiceResponse{}, nil
}

func total(m *v1.Metric) float64 {
	var points []*v1.NumberDataPoint
	switch data := m.Data.(type) {
	case *v1.Metric_Sum:
		points = data.Sum.DataPoints
	case *v1.Metric_Gauge:
		points = withoutAttributes(data.Gauge.DataPoints)
	case *v1.Metric_Histogram:
		var n uint64
		for _, point := range data.Histogram.DataPoints {
			n += point.Count
		}
		return float64(n)
	}
	var sum float64
	for _, point := range points {
		sum += point.GetAsDouble() + float64(point.GetAsInt())
	}
	return sum
}

// withoutAttributes returns the point of a gauge that has no attributes, or all points
// if there is none. The points with attributes, such as the bounds of an estimate, must
// not be added to it.
func withoutAttributes(points []*v1.NumberDataPoint) []*v1.NumberDataPoint {
	for _, point := range points {
		if len(point.Attributes) == 0 {
			return []*v1.NumberDataPoint{point}
		}
	}
	return points
}
