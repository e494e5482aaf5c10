package export

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// server says where an exporter sends to: to a URL, to host and port, or to what gRPC makes an
// address of, such as dns:///collector:4317 and unix:///run/collector. Without a port, there is
// none.
func server(target *string) []attribute.KeyValue {
	if target == nil {
		return nil
	}
	host := *target
	if parsed, err := url.Parse(host); err == nil && strings.Contains(host, "://") {
		host = parsed.Host
		switch parsed.Scheme {
		case "http", "https":
		case "unix", "unix-abstract":
			return []attribute.KeyValue{semconv.ServerAddress(parsed.Path)}
		default: // a resolver's: its own address may precede the server's
			host = strings.TrimPrefix(parsed.Path, "/")
		}
	}
	if address, text, err := net.SplitHostPort(host); err == nil {
		if port, err := strconv.ParseUint(text, 10, 16); err == nil && address != "" {
			return []attribute.KeyValue{semconv.ServerAddress(address), semconv.ServerPort(int(port))}
		}
		return nil
	}
	if host = strings.Trim(host, "[]"); host == "" || strings.Contains(host, "/") {
		return nil
	}
	return []attribute.KeyValue{semconv.ServerAddress(host)}
}
