package findings

import (
	"fmt"
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/failure"
	"github.com/otwatch/otwatch/internal/report"
)

// reasonAdvice says what to do about a reason for which exports fail.
func (s facts) reasonAdvice(r reason) []report.Advice {
	switch {
	case r.endpoint != "":
		return []report.Advice{
			setting("if the receiver can be reached without the proxy of HTTP_PROXY or HTTPS_PROXY, add it to NO_PROXY", "NO_PROXY", hostName(r.endpoint)),
			code("or let the proxy run, and pass connections to " + r.endpoint),
		}
	case r.portless != "":
		host := r.portless
		if strings.Contains(host, ":") { // what of it was meant as the port is not known
			host = "[ADDRESS]"
		}
		return []report.Advice{setting("set the endpoint with its port; an IPv6 address is in brackets", "OTEL_EXPORTER_OTLP_ENDPOINT", s.endpoint(host))}
	}
	switch failure.Class(r.seen.Class) {
	case failure.Refused, failure.Unreachable, failure.NoSuchHost:
		return []report.Advice{setting(fmt.Sprintf("start the receiver at %s, or set the endpoint of one that runs", r.target),
			"OTEL_EXPORTER_OTLP_ENDPOINT", s.endpoint("COLLECTOR"))}
	case failure.TLS:
		if r.of.Encrypted {
			return []report.Advice{setting("use TLS: set an endpoint that begins with https://", "OTEL_EXPORTER_OTLP_ENDPOINT", "https://"+r.target)}
		}
		return []report.Advice{
			setting("if the receiver does not use TLS, switch it off in the exporter", "OTEL_EXPORTER_OTLP_INSECURE", "true"),
			code("or set up TLS at the receiver, and send to its https:// endpoint"),
		}
	case failure.Certificate:
		return []report.Advice{setting("trust the CA that signed the receiver's certificate, and use a host name that the certificate has",
			"OTEL_EXPORTER_OTLP_CERTIFICATE", "/path/to/ca.pem")}
	case failure.Protocol:
		return []report.Advice{code("send to the port of the exporter's protocol: a collector takes gRPC at 4317 and HTTP at 4318")}
	case failure.HTTP:
		return s.answerAdvice(r)
	case failure.GRPC:
		return []report.Advice{code("check that the receiver accepts traces over OTLP, and which headers or credentials it requires")}
	case failure.TooLarge:
		return r.smaller()
	case failure.NotUTF8:
		return []report.Advice{code("find the attribute, event or name that is set from input, such as a request, and apply strings.ToValidUTF8(value, \"\\uFFFD\") to it")}
	case failure.Throttled, failure.Retryable:
		return []report.Advice{code("give the receiver more capacity, or send it less: the exporter waits before each further attempt, and its queue fills meanwhile")}
	case failure.BadEndpoint:
		return []report.Advice{setting("set the endpoint as a URL with scheme, host and port, or, in WithEndpoint, as host:port without a scheme and a path; an IPv6 address is in brackets",
			"OTEL_EXPORTER_OTLP_ENDPOINT", s.endpoint("COLLECTOR"))}
	case failure.Deadline:
		if took := r.took(); 0 < took && took < shortTimeout {
			return []report.Advice{setting(fmt.Sprintf("wait longer for the answer: the exporter's timeout ends its exports after %s ms", short(inMS(took))), "OTEL_EXPORTER_OTLP_TIMEOUT", "10000")}
		}
		return []report.Advice{
			code("find out why the receiver is slow, or use one that is near, such as a collector on this host"),
			setting("or wait longer for its answer", "OTEL_EXPORTER_OTLP_TIMEOUT", "30000"),
		}
	case failure.Partial:
		return []report.Advice{code("look in the receiver's log and settings for why it rejects spans: its message says what it objects to")}
	}
	return []report.Advice{s.checkReceiver()}
}

// shortTimeout is what a receiver in another zone may take to answer, when it is busy. A timeout
// below it is the first suspect.
const shortTimeout = time.Second

// answerAdvice is about a status of HTTP. The exporter asks exactly the path of
// OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, and adds v1/traces to OTEL_EXPORTER_OTLP_ENDPOINT.
// Source: OpenTelemetry specification, protocol/exporter.md, "Endpoint URLs for OTLP/HTTP".
func (s facts) answerAdvice(r reason) []report.Advice {
	switch r.seen.Code {
	case "401", "403":
		return []report.Advice{code("give the exporter the credentials that the receiver asks for: OTEL_EXPORTER_OTLP_HEADERS")}
	case "404", "405":
		scheme := "http://"
		if strings.HasPrefix(r.of.URL, "https://") {
			scheme = "https://"
		}
		usual := scheme + host(r.of.URL) + "/v1/traces"
		if r.seen.Path == "/v1/traces" { // the receiver serves another one
			usual = scheme + host(r.of.URL) + "/PREFIX/v1/traces"
		}
		return []report.Advice{setting(fmt.Sprintf("the exporter posts to %s: set the path that the receiver serves. "+
			"OTEL_EXPORTER_OTLP_ENDPOINT is a base, to which v1/traces is added; OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, and WithEndpointURL in code, need the whole path", r.seen.Path),
			"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", usual)}
	}
	return []report.Advice{s.checkReceiver()}
}

// smaller is to send smaller messages.
func (r reason) smaller() []report.Advice {
	larger := code("let the receiver accept larger messages: max_recv_msg_size_mib of a collector's otlp receiver")
	batch := r.fittingBatch()
	if batch == 0 {
		return []report.Advice{larger, code("or record less in a span: single spans may be too large. OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT and OTEL_SPAN_EVENT_COUNT_LIMIT bound them")}
	}
	smaller := setting(fmt.Sprintf("export at most %d spans at a time", batch), "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", decimal(batch))
	return []report.Advice{smaller, larger}
}
