package findings

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/failure"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

const (
	// grpcMessage is how large a message a gRPC server takes unless it is told
	// otherwise. Source: grpc-go v1.84.0, server.go, defaultServerMaxReceiveMessageSize.
	grpcMessage = 4 << 20
	// fitting is the part of the limit that advised batches fill: spans differ in size.
	fitting = 0.75
	// shownText bounds what a title shows of an error or a message, in bytes.
	shownText = 200
)

// reason is why exports fail.
type reason struct {
	seen     report.ExportError
	of       failure.Failure   // what its text says
	exporter snapshot.Exporter // the one that failed
	target   string            // host and port
	endpoint string            // of the exporter, where what it dialed is another address; else empty
	portless string            // the endpoint, if it has no port and gRPC uses 443; else empty
}

// reasonIn finds the most frequent reason for which exports failed, or for which receivers
// took them only in part. ok is false if there is none.
func reasonIn(exports []snapshot.Exporter) (r reason, ok bool) {
	for _, e := range analyzer.ExportErrors(exports) {
		if e.Why == analyzer.Unrecorded {
			continue
		}
		if !ok || r.seen.Class == string(failure.Unread) {
			r, ok = reasonOf(e, exports), true
		}
	}
	return r, ok
}

func reasonOf(e report.ExportError, exports []snapshot.Exporter) reason {
	r := reason{seen: e, of: failure.Classify(e.Text)}
	if r.is(failure.Partial) {
		r.of = failure.Failure{Class: failure.Partial} // the text is the receiver's
	}
	for _, x := range exports {
		if analyzer.ExporterName(x) == e.Exporter {
			r.exporter = x
		}
	}
	endpoint := cmp.Or(host(r.of.URL), host(r.exporter.Target), "the receiver")
	r.target = cmp.Or(r.of.Address, endpoint)
	if r.is(failure.NoSuchHost) {
		r.target = cmp.Or(r.of.Address, hostName(cmp.Or(r.exporter.Target, r.of.URL)), "the receiver's name")
	}
	switch dialed, asked := portOf(r.of.Address), portOf(endpoint); {
	case r.of.Proxy && r.of.Address == "":
		r.endpoint, r.target = endpoint, "the proxy on the way to "+endpoint
	case r.of.Proxy:
		r.endpoint, r.target = endpoint, r.target+", the proxy on the way to "+endpoint
	case dialed == "" || dialed == asked:
	case asked != "":
		r.endpoint, r.target = endpoint, r.target+", apparently a proxy on the way to "+endpoint
	case dialed == grpcPort && r.exporter.Component == "otlp_grpc_span_exporter":
		r.portless = endpoint
	}
	return r
}

// grpcPort is the port that gRPC uses if an endpoint has none.
const grpcPort = "443"

// portOf is the port of a host and port; empty if it has none.
func portOf(address string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	return port
}

func (r reason) is(class failure.Class) bool { return r.seen.Class == string(class) }

// host is the host and port of a URL, and any other text itself.
func host(text string) string {
	if parsed, err := url.Parse(text); err == nil && parsed.Host != "" {
		return parsed.Host
	}
	return strings.TrimPrefix(text, "dns:///")
}

func hostName(text string) string {
	name, _, _ := strings.Cut(host(text), ":")
	return name
}

// says is the reason in words, for a title.
func (r reason) says() string {
	if r.portless != "" {
		return r.inWords() + "; the endpoint " + r.portless + " has no port, so gRPC uses " + grpcPort
	}
	return r.inWords()
}

func (r reason) inWords() string {
	switch failure.Class(r.seen.Class) {
	case failure.Refused:
		return "connection refused by " + r.target
	case failure.NoSuchHost:
		return r.target + " has no address (no such host)"
	case failure.BadEndpoint:
		return fmt.Sprintf("the endpoint %q cannot be used: %s", cmp.Or(r.of.URL, strings.TrimPrefix(r.exporter.Target, "dns:///")), brief(r.of.Message))
	case failure.Unreachable:
		return "there is no route to " + r.target
	case failure.Closed:
		return r.target + " closes the connection"
	case failure.TLS:
		switch {
		case r.of.Plain:
			return "the exporter speaks TLS, and " + r.target + " does not"
		case r.of.Encrypted:
			return r.target + " speaks TLS, and the exporter does not"
		}
		return "the TLS handshake with " + r.target + " fails"
	case failure.Certificate:
		return "the certificate of " + r.target + " is not accepted"
	case failure.Protocol:
		return r.target + " does not speak the exporter's protocol"
	case failure.Deadline:
		if took := r.took(); took > 0 {
			return fmt.Sprintf("no answer from %s within %s s", r.target, short(took.Seconds()))
		}
		return "no answer from " + r.target + " in time"
	case failure.Canceled:
		return "the program cancels the exports"
	case failure.HTTP:
		if r.of.Proxy {
			return strings.TrimSpace(r.target + " refuses the connection " + r.seen.Code)
		}
		return fmt.Sprintf("%s answers %s to %s", r.target, r.seen.Code, cmp.Or(r.seen.Path, "them"))
	case failure.GRPC:
		return fmt.Sprintf("%s answers %s: %s", r.target, r.seen.Code, brief(r.of.Message))
	case failure.TooLarge:
		return r.tooLarge()
	case failure.NotUTF8:
		return "spans have a string that is not valid UTF-8, and one such string fails its whole batch"
	case failure.Throttled:
		// An exporter over HTTP does not say with which of these statuses it was refused.
		return fmt.Sprintf("%s is overloaded (%s) and asks to try again later", r.target, cmp.Or(r.seen.Code, "429, 502, 503 or 504"))
	case failure.Retryable:
		return r.target + " asks to try again later, or the network fails for a time"
	case failure.Partial:
		if said := brief(r.seen.Text); said != "" {
			return "the receiver says: " + said
		}
		return "the receiver gives no reason"
	case failure.Other:
		return brief(r.seen.Text)
	}
	return "the error could not be read: " + r.seen.Why
}

// took is how long the exporter waited, at most, in the exports that failed last; 0 if that is not
// known.
func (r reason) took() (longest time.Duration) {
	for _, op := range r.exporter.Latest {
		if op.Failed > 0 {
			longest = max(longest, op.Duration)
		}
	}
	return longest
}

func brief(text string) string { return untrusted.Text(text, shownText) }

func (r reason) tooLarge() string {
	said := "the messages are too large for " + r.target
	if bytes := r.messageBytes(); bytes > 0 {
		said = fmt.Sprintf("the messages of %s are too large for %s", humanize.Bytes(bytes), r.target)
	}
	if limit := r.messageLimit(); limit > 0 {
		said += fmt.Sprintf(", which accepts %s", humanize.Bytes(limit))
	}
	return said
}

// messageBytes is how large a message was that was too large; 0 if it is not known.
func (r reason) messageBytes() uint64 {
	if r.of.Bytes > 0 || r.exporter.Sized == 0 {
		return r.of.Bytes
	}
	return r.exporter.Bytes / r.exporter.Sized
}

// messageLimit is how large a message may be; 0 if it is not known.
func (r reason) messageLimit() uint64 {
	if r.of.Limit == 0 && r.exporter.Component == "otlp_grpc_span_exporter" {
		return grpcMessage
	}
	return r.of.Limit
}

// evidence adds the figures of the reason.
func (r reason) evidence(to map[string]float64) {
	if took := r.took(); r.is(failure.Deadline) && 0 < took && took < shortTimeout { // not for want of CPU time
		to["short_timeout_ms"] = inMS(took)
		return
	}
	to[strings.ReplaceAll(r.seen.Class, "-", "_")+"_errors"] = float64(r.seen.Count)
	if r.is(failure.TooLarge) {
		to["message_bytes"], to["message_limit_bytes"] = float64(r.messageBytes()), float64(r.messageLimit())
	}
}

// fittingBatch is how many spans a message may have so that it is not too large, by the bytes
// of the exporter's messages; 0 if that is not known, or if a single span is too large.
func (r reason) fittingBatch() uint64 {
	limit := r.messageLimit()
	if r.exporter.Bytes == 0 || r.exporter.Spans == 0 || limit == 0 {
		return 0
	}
	spanBytes := float64(r.exporter.Bytes) / float64(r.exporter.Spans)
	spans := fitting * float64(limit) / spanBytes
	if spans < 1 {
		return 0
	}
	return uint64(roundDown(max(spans, 1)))
}
