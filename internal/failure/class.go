package failure

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// Class is a kind of failure.
type Class string

// The classes.
const (
	Refused     Class = "refused"      // nobody listens
	NoSuchHost  Class = "no-such-host" // the name has no address
	BadEndpoint Class = "bad-endpoint" // the exporter's endpoint is no address or URL
	Unreachable Class = "unreachable"  // no route
	Closed      Class = "closed"       // the connection was closed or reset
	TLS         Class = "tls"          // one side speaks TLS, and the other does not
	Certificate Class = "certificate"  // the receiver's certificate was not accepted
	Protocol    Class = "protocol"     // gRPC to an HTTP server, or the reverse
	Deadline    Class = "deadline"     // no answer in time
	Canceled    Class = "canceled"     // by the program
	HTTP        Class = "http"         // the receiver answered with that status
	GRPC        Class = "grpc"         // the receiver answered with that code
	TooLarge    Class = "too-large"    // a message
	NotUTF8     Class = "not-utf8"     // a string in a message
	Throttled   Class = "throttled"    // the receiver is overloaded, and asks to try again later
	Retryable   Class = "retryable"    // a failure that is tried again, of a kind that the SDK does not say
	Partial     Class = "partial"      // the receiver took some of it
	Other       Class = "other"        // the text is of no known class
	Unread      Class = "unread"       // there is no text
)

// Failure is what the text of an error says.
type Failure struct {
	Class Class
	Code  string // HTTP status, or code of gRPC; empty if there is none
	// Address is the host and port that was dialed; empty if the text does not say.
	Address string
	// URL is the one that was asked; empty if the text does not say.
	URL string
	// Bytes is the size of a message that was too large, Limit what is allowed; 0 if the text
	// does not say.
	Bytes, Limit uint64
	// Message is the receiver's own.
	Message string
	// Encoding says that the process could not encode the message, and has sent nothing.
	Encoding bool
	// Plain says that the receiver speaks no TLS, Encrypted that it speaks nothing else.
	Plain, Encrypted bool
	// Proxy says that the exporter did not come past a proxy.
	Proxy bool
}

// wrappers are what exporters and their retries put before an error. Those of which timeout
// is set say that time ran out while they tried again.
var wrappers = []struct {
	text    string
	timeout bool
}{
	{"traces export: ", false},
	{"metrics export: ", false},
	{"logs export: ", false},
	{"failed to upload metrics: ", false},
	{"context deadline exceeded: ", true},
	{"max retry time elapsed: ", false},
	{"max retry time would elapse: ", false},
}

// ownTimeout is what the SDK's exporters, processors and readers say of their own timeouts.
var ownTimeout = regexp.MustCompile(`^(?:exporter|processor|reader)(?: [a-z]+)* timeout(?:: |$)`)

// retryable is what an exporter over HTTP puts before an error that is tried again.
const retryable = "retry-able request failure"

var (
	statusText = regexp.MustCompile(`(?s)^rpc error: code = (\w+(?:\(\d+\))?) desc = (.*)$`)
	sentTo     = regexp.MustCompile(`(?s)^failed to send (?:\S+ )?to (\S+): (\d{3})\b ?(.*)$`)
	asked      = regexp.MustCompile(`(?s)^(?:Post|Get) "([^"\s]*)": (.*)$`)
	parsed     = regexp.MustCompile(`^parse "([^"\s]*)": `)
	rejected   = regexp.MustCompile(`(?s)^OTLP partial success: (.*?) \(\d+ [a-z ]+ rejected\)$`)
	larger     = regexp.MustCompile(`larger than max \((\d+) vs\. (\d+)\)`)
	exceeded   = regexp.MustCompile(`^request (?:message|body) too large: exceeded (\d+) bytes`)
	dialed     = regexp.MustCompile(`dial tcp ([^\s"]+):`)
	lookedUp   = regexp.MustCompile(`lookup ([^\s":]+)`)
	// refusedByProxy is what gRPC's client and package net/http say of an answer to CONNECT other
	// than 200. Sources: internal/transport/proxy.go of grpc-go v1.84, net/http/transport.go.
	refusedByProxy = regexp.MustCompile(`^(?:Forbidden|Proxy Authentication Required)$|failed to do connect handshake, (?:status code: |response: \\*"HTTP/1\.[01] )(\d{3})\b`)
	// byClient is how descriptions begin that gRPC's client writes itself. Sources: picker_wrapper.go,
	// internal/transport/transport.go and http2_client.go, balancer/base, pickfirst and
	// endpointsharding of grpc-go v1.46 to v1.85.
	byClient = regexp.MustCompile(`^(?:connection error: |closing transport due to: |error reading from server: |transport: |` +
		`name resolver error: |delegating_resolver: |dns resolver: |invalid target address |no children to pick from|(?:all SubConns are in TransientFailure, )?(?:last|latest) [a-z]+ error: )`)
	// atEOF is EOF as the last word, also within quotes and before what else gRPC's client says.
	atEOF = regexp.MustCompile(`\bEOF"?(?:[,;]|$)`)
)

// Classify finds out which class of failure a text is of. Texts are compared from their
// beginning on, since what follows may be the receiver's words.
func Classify(text string) Failure {
	timeout := false
	for again := true; again; {
		again = false
		for _, w := range wrappers {
			if rest, ok := strings.CutPrefix(text, w.text); ok {
				text, timeout, again = rest, timeout || w.timeout, true
			}
		}
		if said := ownTimeout.FindString(text); said != "" {
			text, timeout, again = text[len(said):], true, true
		}
	}
	if text == "" && timeout {
		return Failure{Class: Deadline}
	}
	f := classify(text)
	if timeout && (f.Class == Other || f.Class == Canceled) {
		f.Class = Deadline
	}
	return f
}

func classify(text string) Failure {
	switch text {
	case "":
		return Failure{Class: Unread}
	case "context deadline exceeded", "i/o timeout":
		return Failure{Class: Deadline}
	case "context canceled":
		return Failure{Class: Canceled}
	case retryable:
		return Failure{Class: Retryable}
	}
	if m := statusText.FindStringSubmatch(text); m != nil {
		return ofStatus(m[1], m[2])
	}
	if m := sentTo.FindStringSubmatch(text); m != nil {
		return ofAnswer(m[1], m[2], m[3])
	}
	if m := asked.FindStringSubmatch(text); m != nil {
		f := ofTransport(m[2])
		f.URL = m[1]
		return f
	}
	if m := rejected.FindStringSubmatch(firstLine(text)); m != nil {
		return Failure{Class: Partial, Message: m[1]}
	}
	if m := exceeded.FindStringSubmatch(text); m != nil {
		return Failure{Class: TooLarge, Limit: number(m[1])}
	}
	if rest, ok := strings.CutPrefix(text, retryable+": "); ok {
		if message, ok := strings.CutPrefix(rest, "body: "); ok { // 429, 502, 503 or 504
			return Failure{Class: Throttled, Message: message}
		}
		return classify(rest)
	}
	if invalidUTF8(text) {
		return Failure{Class: NotUTF8, Encoding: true}
	}
	if m := parsed.FindStringSubmatch(text); m != nil {
		return Failure{Class: BadEndpoint, URL: m[1], Message: text[len(m[0]):]}
	}
	if strings.HasPrefix(text, "dial ") || strings.HasPrefix(text, "read tcp ") || strings.HasPrefix(text, "write tcp ") {
		return ofTransport(text)
	}
	return Failure{Class: Other}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// ofStatus classifies a status of gRPC. Where its description is not the client's own, it is the
// receiver's: it may say what the receiver's own exports failed of.
func ofStatus(code, description string) Failure {
	f := Failure{Class: GRPC, Code: code, Message: description}
	switch code {
	case "Unavailable":
		f.Class = Throttled
		if byClient.MatchString(description) {
			f.Class = Other
			if t := ofTransport(description); t.Class != Other {
				f = t
				f.Code = cmp.Or(t.Code, code)
			}
		}
	case "ResourceExhausted":
		f.Class = Throttled
		if m := larger.FindStringSubmatch(description); m != nil {
			f.Class, f.Bytes, f.Limit = TooLarge, number(m[1]), number(m[2])
		}
	case "DeadlineExceeded":
		f.Class = Deadline
		if t := ofTransport(description); byClient.MatchString(description) && t.Class != Other && t.Class != Deadline {
			f = t // why no connection was made in time
			f.Code = cmp.Or(t.Code, code)
		}
	case "Canceled":
		f.Class = Canceled
	case "Internal", "InvalidArgument":
		if invalidUTF8(description) {
			f.Class, f.Encoding = NotUTF8, strings.HasPrefix(description, "grpc: error while marshaling: ")
		}
	}
	return f
}

// ofAnswer classifies an answer over HTTP.
func ofAnswer(url, status, rest string) Failure {
	f := Failure{Class: HTTP, Code: status, URL: url}
	if _, body, ok := strings.Cut(rest, "(body: "); ok {
		f.Message = strings.TrimSuffix(body, ")")
	}
	switch status {
	case "413":
		f.Class = TooLarge
	case "429", "502", "503", "504":
		f.Class = Throttled
	case "400":
		if strings.HasPrefix(f.Message, "Client sent an HTTP request to an HTTPS server") {
			f.Class, f.Encrypted = TLS, true
		}
	}
	return f
}

// peer is what is known of the receiver's side.
type peer uint8

const (
	unknown   peer = iota
	plain          // it speaks no TLS
	encrypted      // it speaks TLS only
)

// transport is the table of what packages net, crypto/tls and net/http and gRPC's transport
// say, the most telling first.
var transport = []struct {
	text  string
	class Class
	peer  peer
}{
	{"too many colons in address", BadEndpoint, unknown},
	{"missing port in address", BadEndpoint, unknown},
	{"missing port after port-separator colon", BadEndpoint, unknown},
	{"missing address", BadEndpoint, unknown},
	{"unknown port", BadEndpoint, unknown},
	{"unsupported protocol scheme", BadEndpoint, unknown},
	{"no Host in request URL", BadEndpoint, unknown},
	{"connect: connection refused", Refused, unknown},
	{"no such host", NoSuchHost, unknown},
	{"name resolver error: produced zero addresses", NoSuchHost, unknown},
	{"no children to pick from", NoSuchHost, unknown},
	{"first record does not look like a TLS handshake", TLS, plain},
	{"server gave HTTP response to HTTPS client", TLS, plain},
	{`malformed HTTP response "\x15\x03`, TLS, encrypted},
	{"failed to verify certificate", Certificate, unknown},
	{"x509: ", Certificate, unknown},
	{"remote error: tls: bad certificate", Certificate, unknown},
	{"remote error: tls: certificate", Certificate, unknown},
	{"remote error: tls: unknown certificate", Certificate, unknown},
	{"tls: ", TLS, unknown},
	{"authentication handshake failed: EOF", TLS, unknown},
	{"authentication handshake failed: read tcp", TLS, unknown},
	{"cannot check peer: missing selected ALPN property", Protocol, unknown},
	{"frame header looked like an HTTP/1.1 header", Protocol, unknown},
	{"malformed HTTP response", Protocol, unknown},
	{"malformed HTTP status code", Protocol, unknown},
	{"connect: no route to host", Unreachable, unknown},
	{"connect: network is unreachable", Unreachable, unknown},
	{"i/o timeout", Deadline, unknown},
	{"connect: connection timed out", Deadline, unknown},
	{"Client.Timeout exceeded", Deadline, unknown},
	{"context deadline exceeded", Deadline, unknown},
	{"exporter export timeout", Deadline, unknown},
	{"TLS handshake timeout", Deadline, unknown},
	{"context canceled", Canceled, unknown},
	{"connection reset by peer", Closed, unknown},
	{"broken pipe", Closed, unknown},
	{"server closed idle connection", Closed, unknown},
	{"use of closed network connection", Closed, unknown},
}

// ofTransport classifies what the connection to a receiver failed of.
func ofTransport(text string) Failure {
	f := Failure{Class: Other}
	if m := dialed.FindStringSubmatch(text); m != nil && !strings.HasPrefix(m[1], "lookup") {
		f.Address = m[1]
	}
	for _, t := range transport {
		if strings.Contains(text, t.text) {
			f.Class, f.Plain, f.Encrypted = t.class, t.peer == plain, t.peer == encrypted
			break
		}
	}
	if f.Class == BadEndpoint {
		f.Message = strings.TrimPrefix(text[strings.LastIndex(text, ":")+1:], " ")
		if strings.Count(f.Message, `"`)%2 == 1 { // gRPC's client quotes the whole
			f.Message = strings.TrimSuffix(f.Message, `"`)
		}
	}
	f.Proxy = strings.HasPrefix(text, "proxyconnect ")
	if m := refusedByProxy.FindStringSubmatch(text); m != nil {
		f.Class, f.Code, f.Proxy = HTTP, m[1], true
	}
	if f.Class == Other && atEOF.MatchString(text) {
		f.Class = Closed
	}
	if m := lookedUp.FindStringSubmatch(text); m != nil && f.Class == NoSuchHost {
		f.Address = m[1]
	}
	return f
}

// invalidUTF8 reports whether protobuf refuses a string. Its texts begin with "proto:" and
// either kind of space. Source: google.golang.org/protobuf, internal/errors/errors.go and
// internal/impl/codec_field.go.
func invalidUTF8(text string) bool {
	return strings.HasSuffix(text, "contains invalid UTF-8") || strings.HasSuffix(text, "invalid UTF-8 encoding")
}

// number reads digits; 0 if they are too many.
func number(digits string) uint64 {
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
