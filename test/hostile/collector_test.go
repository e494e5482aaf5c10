package hostile

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
)

// collector is an OTLP receiver of metrics, which keeps the Resources of what it got.
type collector struct {
	metricspb.UnimplementedMetricsServiceServer
	address string
	server  *grpc.Server

	mu        sync.Mutex
	resources []map[string]string // of each export, in the order of arrival
	latest    time.Time
}

func collect(t *testing.T) *collector {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{address: listen.Addr().String(), server: grpc.NewServer(grpc.MaxRecvMsgSize(64 << 20))}
	metricspb.RegisterMetricsServiceServer(c.server, c)
	go func() { _ = c.server.Serve(listen) }()
	t.Cleanup(c.server.Stop)
	return c
}

// Export takes metrics.
func (c *collector) Export(_ context.Context, request *metricspb.ExportMetricsServiceRequest) (*metricspb.ExportMetricsServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest = time.Now()
	for _, r := range request.ResourceMetrics {
		attributes := map[string]string{}
		for _, a := range r.GetResource().GetAttributes() {
			attributes[a.Key] = text(a.Value)
		}
		c.resources = append(c.resources, attributes)
	}
	return &metricspb.ExportMetricsServiceResponse{}, nil
}

// text is a value as text, for those that tests look at.
func text(v *commonpb.AnyValue) string {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return v.StringValue
	case *commonpb.AnyValue_IntValue:
		return fmt.Sprint(v.IntValue)
	}
	return fmt.Sprint(v)
}

// of are the Resources under which a process's metrics came, the latest last.
func (c *collector) of(attribute, value string) []map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []map[string]string
	for _, r := range c.resources {
		if r[attribute] == value {
			found = append(found, r)
		}
	}
	return found
}

// since is when metrics came last.
func (c *collector) since() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.latest
}
