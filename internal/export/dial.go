package export

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// exporter sends the encoded metrics of one target at a time.
type exporter interface {
	Export(context.Context, []byte) error
	Shutdown(context.Context) error
}

// dial makes an exporter, which connects when it first sends. Its own retries are
// disabled: they would send old totals again while newer ones wait.
func (e endpoint) dial(ctx context.Context, log *slog.Logger) (exporter, error) {
	certificates, err := tlsConfig()
	if err != nil {
		return nil, err
	}
	if e.protocol == GRPC {
		options := []otlpmetricgrpc.Option{
			otlpmetricgrpc.WithRetry(otlpmetricgrpc.RetryConfig{}), otlpmetricgrpc.WithDialOption(grpc.WithUnaryInterceptor(interceptRequest)),
		}
		if e.url != "" {
			options = append(options, otlpmetricgrpc.WithEndpointURL(e.url))
		}
		if e.plain {
			// Otherwise a certificate in the environment would select TLS.
			options = append(options, otlpmetricgrpc.WithTLSCredentials(insecure.NewCredentials()))
		}
		sender, err := otlpmetricgrpc.New(ctx, options...)
		if err != nil {
			return nil, err
		}
		return requests{sender}, nil
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       certificates,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   10 * time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxConnsPerHost:       1,
		ResponseHeaderTimeout: time.Minute,
	}
	client := &http.Client{
		Transport:     requestBody{answers{transport}},
		Timeout:       envTimeout(log),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	sender, err := otlpmetrichttp.New(ctx,
		otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{}), otlpmetrichttp.WithEndpointURL(e.url),
		otlpmetrichttp.WithTLSClientConfig(nil), otlpmetrichttp.WithHTTPClient(client))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.url, err)
	}
	return httpExporter{requests{sender}, transport}, nil
}

// httpExporter closes its connection when it is shut down.
type httpExporter struct {
	requests
	transport *http.Transport
}

func (e httpExporter) Shutdown(ctx context.Context) error {
	defer e.transport.CloseIdleConnections()
	return e.requests.Shutdown(ctx)
}
