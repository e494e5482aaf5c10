package export

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"google.golang.org/grpc/credentials/insecure"
)

// ErrConfig matches every error about a flag or an environment variable that does not say
// where, or how, to send: a usage error.
var ErrConfig = errors.New("export configuration")

// endpointForms is what --endpoint accepts.
const endpointForms = "want host:port or http://host:port (plain text), or https://host:port (TLS)"

// variable returns the value and the full name of an OTEL_EXPORTER_OTLP_ variable. The
// variable for metrics takes precedence over that for all signals.
func variable(name string) (full, value string) {
	for _, full := range []string{"OTEL_EXPORTER_OTLP_METRICS_" + name, "OTEL_EXPORTER_OTLP_" + name} {
		if value := strings.TrimSpace(os.Getenv(full)); value != "" {
			return full, value
		}
	}
	return "", ""
}

// Configured reports whether there is an endpoint: that of the --endpoint flag, or of
// OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_METRICS_ENDPOINT.
func Configured(flag string) bool {
	_, value := variable("ENDPOINT")
	return flag != "" || value != ""
}

// endpoint is where metrics go: its name in errors and logs, and the exporter's options
// for it.
type endpoint struct {
	name    string
	options []otlpmetricgrpc.Option
}

// parseEndpoint checks the flag or, without one, the environment, which the exporter
// reads itself.
func parseEndpoint(flag string) (endpoint, error) {
	if err := checkHeaders(); err != nil {
		return endpoint{}, err
	}
	if flag != "" {
		return flagEndpoint(flag)
	}
	return envEndpoint()
}

// flagEndpoint reads one of
//
//	collector:4317           plain text, unless OTEL_EXPORTER_OTLP_INSECURE is false or a certificate is set
//	http://collector:4317    plain text
//	https://collector:4317   TLS, with the certificates of OTEL_EXPORTER_OTLP_*CERTIFICATE if there are any
func flagEndpoint(flag string) (endpoint, error) {
	scheme, host, found := strings.Cut(flag, "://")
	if !found {
		scheme, host = bareScheme(), flag
	}
	host = strings.TrimSuffix(host, "/")
	if (scheme != "http" && scheme != "https") || !isHostPort(host) {
		return endpoint{}, fmt.Errorf("%w: --endpoint %q: %s", ErrConfig, redact(flag), endpointForms)
	}
	e := endpoint{name: flag, options: []otlpmetricgrpc.Option{otlpmetricgrpc.WithEndpointURL(scheme + "://" + host)}}
	if found && scheme == "http" {
		// Otherwise a certificate in the environment would select TLS.
		e.options = append(e.options, otlpmetricgrpc.WithTLSCredentials(insecure.NewCredentials()))
	}
	return e, nil
}

// bareScheme is the scheme of an endpoint without one.
func bareScheme() string {
	if _, value := variable("INSECURE"); value != "" && !strings.EqualFold(value, "true") {
		return "https"
	}
	return "http"
}

func isHostPort(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil || host == "" || strings.ContainsAny(host, "/@? ") {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// envEndpoint rejects values that the exporter would ignore, to send to localhost:4317
// instead.
func envEndpoint() (endpoint, error) {
	name, value := variable("ENDPOINT")
	u, err := url.Parse(value)
	if err != nil || ((u.Scheme == "http" || u.Scheme == "https") && u.Host == "") {
		return endpoint{}, fmt.Errorf("%w: %s=%q: want http://host:port (plain text) or https://host:port (TLS)",
			ErrConfig, name, redact(value))
	}
	if name, protocol := variable("PROTOCOL"); protocol != "" && protocol != "grpc" {
		return endpoint{}, fmt.Errorf("%w: %s=%q: otwatch sends OTLP over gRPC only; set OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=grpc and OTEL_EXPORTER_OTLP_METRICS_ENDPOINT to the receiver's gRPC port, often 4317, or use --endpoint",
			ErrConfig, name, protocol)
	}
	return endpoint{name: redact(value)}, nil
}

// redact removes the password and the user name from an endpoint.
func redact(value string) string {
	at := strings.LastIndex(value, "@")
	if at < 0 {
		return value
	}
	scheme, _, found := strings.Cut(value, "://")
	if !found {
		return "…" + value[at:]
	}
	return scheme + "://…" + value[at:]
}

// checkHeaders rejects headers that the exporter would log: their values are secret and
// must not appear anywhere.
func checkHeaders() error {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"} {
		value := strings.TrimSpace(os.Getenv(name))
		for pair := range strings.SplitSeq(value, ",") {
			_, secret, found := strings.Cut(pair, "=")
			if _, err := url.PathUnescape(secret); value != "" && (!found || err != nil) {
				return fmt.Errorf("%w: %s: want comma-separated name=value pairs with percent-encoded values", ErrConfig, name)
			}
		}
	}
	return nil
}
