package failure

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestClassify has texts as the exporters of otlptrace v1.7 to v1.47 return them.
func TestClassify(t *testing.T) {
	const grpcDial = `connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:4317: connect: connection refused"`
	for _, test := range []struct {
		name, text string
		want       Failure
	}{
		{"refused over gRPC", "traces export: exporter export timeout: rpc error: code = Unavailable desc = " + grpcDial, Failure{Class: Refused, Code: "Unavailable", Address: "127.0.0.1:4317"}},
		{"refused over gRPC, retries over", "max retry time elapsed: rpc error: code = Unavailable desc = " + grpcDial, Failure{Class: Refused, Code: "Unavailable", Address: "127.0.0.1:4317"}},
		{"refused over HTTP", `traces export: Post "http://127.0.0.1:4318/v1/traces": dial tcp 127.0.0.1:4318: connect: connection refused`, Failure{Class: Refused, URL: "http://127.0.0.1:4318/v1/traces", Address: "127.0.0.1:4318"}},
		{"retried over HTTP", `traces export: context deadline exceeded: retry-able request failure: Post "http://c:4318/v1/traces": dial tcp 10.0.0.1:4318: i/o timeout`, Failure{Class: Deadline, URL: "http://c:4318/v1/traces", Address: "10.0.0.1:4318"}},
		{"throttled over HTTP until the processor's timeout", "traces export: processor export timeout: retry-able request failure: body: too many", Failure{Class: Throttled, Message: "too many"}},
		{"a reader's timeout", "failed to upload metrics: reader collect and export timeout", Failure{Class: Deadline}},
		{"no such host over gRPC", `traces export: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp: lookup collector.test on 127.0.0.53:53: no such host"`, Failure{Class: NoSuchHost, Code: "Unavailable", Address: "collector.test"}},
		{"no such host of a resolver", "traces export: rpc error: code = Unavailable desc = name resolver error: produced zero addresses", Failure{Class: NoSuchHost, Code: "Unavailable"}},
		{"no such host over HTTP", `traces export: Post "https://collector.test/v1/traces": dial tcp: lookup collector.test: no such host`, Failure{Class: NoSuchHost, URL: "https://collector.test/v1/traces", Address: "collector.test"}},
		{"an endpoint with a scheme", "traces export: exporter export timeout: rpc error: code = Unavailable desc = invalid target address http://127.0.0.1:4317, error info: address http://127.0.0.1:4317:443: too many colons in address",
			Failure{Class: BadEndpoint, Code: "Unavailable", Message: "too many colons in address"}},
		{"an endpoint with a scheme, behind a proxy", `traces export: rpc error: code = Unavailable desc = delegating_resolver: invalid target address "http://c:4317": address http://c:4317:443: too many colons in address`,
			Failure{Class: BadEndpoint, Code: "Unavailable", Message: "too many colons in address"}},
		{"an endpoint with a scheme, dialed", `traces export: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp: address http://c:4317: too many colons in address"`,
			Failure{Class: BadEndpoint, Code: "Unavailable", Message: "too many colons in address"}},
		{"an endpoint that is no URL", `traces export: parse "http://127.0.0.1:4318%2Fotlp": invalid URL escape "%2F"`, Failure{Class: BadEndpoint, URL: "http://127.0.0.1:4318%2Fotlp", Message: `invalid URL escape "%2F"`}},
		{"an endpoint without a scheme", `traces export: Post "collector:4318/v1/traces": unsupported protocol scheme "collector"`, Failure{Class: BadEndpoint, URL: "collector:4318/v1/traces", Message: `unsupported protocol scheme "collector"`}},
		{"a proxy that is away", `traces export: Post "http://c:4318/v1/traces": proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused`, Failure{Class: Refused, URL: "http://c:4318/v1/traces", Address: "127.0.0.1:1", Proxy: true}},
		{"a proxy that refuses", `traces export: Post "https://c/v1/traces": Proxy Authentication Required`, Failure{Class: HTTP, URL: "https://c/v1/traces", Proxy: true}},
		{"a proxy that refuses gRPC", `traces export: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: failed to do connect handshake, response: \"HTTP/1.1 403 Forbidden\""`, Failure{Class: HTTP, Code: "403", Proxy: true}},
		{"TLS to a plain port over gRPC", `traces export: exporter export timeout: rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: tls: first record does not look like a TLS handshake"`, Failure{Class: TLS, Code: "Unavailable", Plain: true}},
		{"TLS to a plain port over HTTP", `traces export: Post "https://c:4318/v1/traces": http: server gave HTTP response to HTTPS client`, Failure{Class: TLS, Plain: true, URL: "https://c:4318/v1/traces"}},
		{"plain to a TLS port over HTTP", "traces export: failed to send to http://c:4318/v1/traces: 400 Bad Request (body: Client sent an HTTP request to an HTTPS server.)", Failure{Class: TLS, Encrypted: true, Code: "400", URL: "http://c:4318/v1/traces", Message: "Client sent an HTTP request to an HTTPS server."}},
		{"certificate", `traces export: rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"`, Failure{Class: Certificate, Code: "Unavailable"}},
		{"another failure of TLS", `traces export: Post "https://c/v1/traces": remote error: tls: protocol version not supported`, Failure{Class: TLS, URL: "https://c/v1/traces"}},
		{"deadline of gRPC", "traces export: rpc error: code = DeadlineExceeded desc = context deadline exceeded", Failure{Class: Deadline, Code: "DeadlineExceeded", Message: "context deadline exceeded"}},
		{"deadline", "traces export: context deadline exceeded", Failure{Class: Deadline}},
		{"deadline with its cause", "traces export: exporter export timeout", Failure{Class: Deadline}},
		{"deadline while it waited for the connection", "traces export: rpc error: code = DeadlineExceeded desc = latest balancer error: " + grpcDial, Failure{Class: Refused, Code: "DeadlineExceeded", Address: "127.0.0.1:4317"}},
		{"404", "traces export: failed to send to http://127.0.0.1:4318/otlp/v1/traces: 404 Not Found (body: 404 page not found)", Failure{Class: HTTP, Code: "404", URL: "http://127.0.0.1:4318/otlp/v1/traces", Message: "404 page not found"}},
		{"404 of an old exporter", "failed to send to http://127.0.0.1:4318/v1/traces: 404 Not Found", Failure{Class: HTTP, Code: "404", URL: "http://127.0.0.1:4318/v1/traces"}},
		{"401 with words of its own", "traces export: failed to send to https://c/v1/traces: 401 Unauthorized (body: rpc error: code = ResourceExhausted desc = no)", Failure{Class: HTTP, Code: "401", URL: "https://c/v1/traces", Message: "rpc error: code = ResourceExhausted desc = no"}},
		{"413", "traces export: failed to send to https://c/v1/traces: 413 Request Entity Too Large (body: (empty))", Failure{Class: TooLarge, Code: "413", URL: "https://c/v1/traces", Message: "(empty)"}},
		{"429, 502, 503 or 504", "traces export: max retry time elapsed: retry-able request failure: body: slow down", Failure{Class: Throttled, Message: "slow down"}},
		{"one of these, or a network's", "max retry time elapsed: retry-able request failure", Failure{Class: Retryable}},
		{"too large for gRPC", "traces export: rpc error: code = ResourceExhausted desc = grpc: received message larger than max (9800234 vs. 4194304)", Failure{Class: TooLarge, Code: "ResourceExhausted", Bytes: 9800234, Limit: 4194304, Message: "grpc: received message larger than max (9800234 vs. 4194304)"}},
		{"too large for the exporter itself", "traces export: request message too large: exceeded 67108864 bytes", Failure{Class: TooLarge, Limit: 67108864}},
		{"exhausted", "traces export: rpc error: code = ResourceExhausted desc = quota of tenant", Failure{Class: Throttled, Code: "ResourceExhausted", Message: "quota of tenant"}},
		{"unavailable by its own word", "traces export: rpc error: code = Unavailable desc = memory limit", Failure{Class: Throttled, Code: "Unavailable", Message: "memory limit"}},
		{"unavailable, with what the receiver's own exports failed of", "traces export: rpc error: code = Unavailable desc = rpc error: code = Unavailable desc = " + strings.Replace(grpcDial, "127.0.0.1", "10.0.0.9", 1), Failure{Class: Throttled, Code: "Unavailable", Message: "rpc error: code = Unavailable desc = " + strings.Replace(grpcDial, "127.0.0.1", "10.0.0.9", 1)}},
		{"no answer in time, with what the receiver's own exports failed of", "traces export: rpc error: code = DeadlineExceeded desc = backend: " + grpcDial, Failure{Class: Deadline, Code: "DeadlineExceeded", Message: "backend: " + grpcDial}},
		{"all connections failed", "traces export: rpc error: code = Unavailable desc = last connection error: " + grpcDial, Failure{Class: Refused, Code: "Unavailable", Address: "127.0.0.1:4317"}},
		{"closed over gRPC", `traces export: rpc error: code = Unavailable desc = error reading from server: EOF`, Failure{Class: Closed, Code: "Unavailable"}},
		{"closed over gRPC, in quotes", `traces export: rpc error: code = Unavailable desc = closing transport due to: connection error: desc = "error reading from server: EOF", received prior goaway: code: NO_ERROR`, Failure{Class: Closed, Code: "Unavailable"}},
		{"EOF within a word", `traces export: rpc error: code = Unavailable desc = connection error: desc = "transport: GEOFENCE"`, Failure{Class: Other, Code: "Unavailable", Message: `connection error: desc = "transport: GEOFENCE"`}},
		{"not UTF-8 over gRPC", "traces export: rpc error: code = Internal desc = grpc: error while marshaling: string field contains invalid UTF-8", Failure{Class: NotUTF8, Code: "Internal", Encoding: true, Message: "grpc: error while marshaling: string field contains invalid UTF-8"}},
		{"not UTF-8 over HTTP", "traces export: string field contains invalid UTF-8", Failure{Class: NotUTF8, Encoding: true}},
		{"partial success", "traces export: OTLP partial success: too old (5 spans rejected)", Failure{Class: Partial, Message: "too old"}},
		{"partial success of a message that looks like another", "traces export: OTLP partial success: connect: connection refused (0 spans rejected)\nmore", Failure{Class: Partial, Message: "connect: connection refused"}},
		{"a code of gRPC", "traces export: rpc error: code = Unimplemented desc = unknown service", Failure{Class: GRPC, Code: "Unimplemented", Message: "unknown service"}},
		{"gRPC to a server of HTTP", `traces export: rpc error: code = Unavailable desc = connection error: desc = "error reading server preface: http2: failed reading the frame payload: http2: frame too large, note that the frame header looked like an HTTP/1.1 header"`, Failure{Class: Protocol, Code: "Unavailable"}},
		{"reset", `traces export: Post "http://c/v1/traces": read tcp 10.0.0.1:41234->10.0.0.2:4318: read: connection reset by peer`, Failure{Class: Closed, URL: "http://c/v1/traces"}},
		{"canceled", "traces export: rpc error: code = Canceled desc = context canceled", Failure{Class: Canceled, Code: "Canceled", Message: "context canceled"}},
		{"words of a program's own exporter", "could not: context deadline exceeded, connection refused, 404", Failure{Class: Other}},
		{"nothing", "", Failure{Class: Unread}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Classify(test.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
