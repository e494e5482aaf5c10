package memory

import (
	"strings"

	"github.com/otwatch/otwatch/internal/failure"
)

// Endpoint is where an exporter sends to.
type Endpoint struct {
	Text   string // host and port, or a URL; without credentials and query. Empty if Unread
	Unread string // why it is not known
}

// Layouts in words. Sources: exporters/otlp/otlptrace/otlptracegrpc/client.go and
// otlptracehttp/client.go, internal/otlpconfig/options.go, exporters/zipkin/zipkin.go,
// clientconn.go of google.golang.org/grpc v1.46 to v1.84; the tests read them back.
//
//	otlptracegrpc.client  the words ourConn, a bool, and conn, a *grpc.ClientConn, are at 11 and
//	                      12; since v1.43 maxRequestSize precedes them
//	grpc.ClientConn       target string in words 3 and 4
//	otlptracehttp.client  name string, and cfg: Endpoint string in words 2 and 3, Insecure bool
//	                      in 4, and URLPath string from word 9 on, behind ever more fields
//	zipkin.Exporter       url string in words 0 and 1
const (
	clientWords = 16

	ourConn    = 11
	connTarget = 3

	httpEndpoint    = 2
	httpInsecure    = 4
	httpPath        = 9
	httpPathLast    = 13
	maxEndpoint     = 1 << 10
	unknownEndpoint = "otwatch does not know where exporters of this type keep it"
	unreadEndpoint  = "the exporter's memory is not as otwatch knows it"
)

// endpointOf reads where an exporter sends to, from its client or, of Zipkin's, itself.
func endpointOf(r Reader, component string, client uint64) Endpoint {
	read, known := map[string]func(Reader, []uint64) string{
		"otlp_grpc_span_exporter":   grpcEndpoint,
		"otlp_http_span_exporter":   httpURL,
		"zipkin_http_span_exporter": func(r Reader, words []uint64) string { return readEndpoint(r, words) },
	}[component]
	if !known {
		return Endpoint{Unread: unknownEndpoint}
	}
	words := make([]uint64, clientWords)
	if r.words(client, words) != nil {
		return Endpoint{Unread: unreadEndpoint}
	}
	if text := failure.Endpoint(read(r, words)); text != "" {
		return Endpoint{Text: text}
	}
	return Endpoint{Unread: unreadEndpoint}
}

// grpcEndpoint reads the target of the client's connection: the program may have made that
// itself, and then the client's own endpoint is not used.
func grpcEndpoint(r Reader, client []uint64) string {
	for _, at := range []int{ourConn, ourConn + 1} {
		if client[at]&0xff > 1 || client[at+1] == 0 {
			continue
		}
		var target [2]uint64
		if r.words(client[at+1]+8*connTarget, target[:]) == nil {
			if text := readEndpoint(r, target[:]); text != "" {
				return strings.TrimPrefix(text, "passthrough:///")
			}
		}
	}
	return ""
}

// httpURL makes the URL that the client asks.
func httpURL(r Reader, client []uint64) string {
	host := readEndpoint(r, client[httpEndpoint:])
	if host == "" {
		return ""
	}
	scheme := "https://"
	if client[httpInsecure]&0xff != 0 {
		scheme = "http://"
	}
	for at := httpPath; at <= httpPathLast; at++ {
		if path := readEndpoint(r, client[at:]); strings.HasPrefix(path, "/") {
			return scheme + host + path
		}
	}
	return ""
}

// readEndpoint reads a string as endpoints are: "" for any other.
func readEndpoint(r Reader, at []uint64) string {
	if at[1] > maxEndpoint {
		return ""
	}
	text, err := readBytes(r, at, maxEndpoint)
	if err != nil || strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return ""
	}
	return text
}
