package export

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"sync"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/grpc"
)

// The official exporters know where and how to send, by all the variables there are, and what
// the answers mean. They take metrics as the SDK has them, so they are given none, and the
// encoded request in their context takes the place of what they would send.

// official is one of them.
type official interface {
	Export(context.Context, *metricdata.ResourceMetrics) error
	Shutdown(context.Context) error
}

// requests sends encoded requests through an official exporter.
type requests struct{ official }

// Export sends an encoded ExportMetricsServiceRequest.
func (e requests) Export(ctx context.Context, encoded []byte) error {
	return e.official.Export(context.WithValue(ctx, requestKey{}, encoded), &metricdata.ResourceMetrics{Resource: resource.Empty()})
}

// requestKey is that of the encoded request in a context.
type requestKey struct{}

func requestIn(ctx context.Context) []byte {
	encoded, _ := ctx.Value(requestKey{}).([]byte)
	return encoded
}

// interceptRequest sends the encoded request over gRPC. To protobuf it consists of fields that
// it does not know, which it passes on as they are.
func interceptRequest(ctx context.Context, method string, _, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	request := &collector.ExportMetricsServiceRequest{}
	request.ProtoReflect().SetUnknown(requestIn(ctx))
	return invoke(ctx, method, request, reply, cc, options...)
}

// requestBody sends the encoded request over HTTP, compressed if the exporter compresses.
type requestBody struct{ to http.RoundTripper }

func (t requestBody) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Body.Close(); err != nil {
		return nil, err
	}
	body := requestIn(r.Context())
	if r.Header.Get("Content-Encoding") == "gzip" {
		body = zipped(body)
	}
	own := *r
	own.ContentLength = int64(len(body))
	own.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	own.Body, _ = own.GetBody()
	return t.to.RoundTrip(&own)
}

// zips are gzip writers: each takes a megabyte.
var zips = sync.Pool{New: func() any {
	zip, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for levels that there are not
	return zip
}}

func zipped(body []byte) []byte {
	zip := zips.Get().(*gzip.Writer)
	defer zips.Put(zip)
	var b bytes.Buffer
	zip.Reset(&b)
	_, _ = zip.Write(body) // a Buffer takes everything
	_ = zip.Close()
	return b.Bytes()
}
