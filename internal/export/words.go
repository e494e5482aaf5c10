package export

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// advised adds to the error of an export what a person can do about it, where that is
// known.
func (e endpoint) advised(err error) error {
	if advice := e.advice(err); advice != "" {
		return fmt.Errorf("%w; %s", err, advice)
	}
	return err
}

func (e endpoint) advice(err error) string {
	var a *answer
	if errors.As(err, &a) {
		return e.adviceOnAnswer(a)
	}
	if advice := adviceOnTLS(err); advice != "" {
		return advice
	}
	if strings.HasPrefix(e.url, "https://") && e.cutOff(err) {
		// A receiver without the client's certificate closes the connection after the
		// client's part of the handshake.
		return "the receiver closed the connection; if it wants a certificate of the client, " + setCertificate
	}
	for _, s := range symptoms {
		if s.protocol == e.protocol && strings.Contains(err.Error(), s.text) {
			return s.advice
		}
	}
	if e.protocol == HTTP && e.cutOff(err) {
		return "the other side closed the connection; if it wants TLS, use https:// in the endpoint; if it speaks gRPC, use --protocol grpc"
	}
	switch status.Code(err) {
	case codes.Unauthenticated, codes.PermissionDenied:
		return wantsCredentials
	case codes.Unimplemented:
		return "the server there does not take OTLP metrics over gRPC: use the port of an OTLP receiver, often 4317, or --protocol " + string(HTTP)
	case codes.ResourceExhausted:
		if throttle(err) == 0 {
			return tooLarge
		}
	}
	return ""
}

// cutOff reports whether the other side closed the connection while something was sent. If that
// was not read yet, the error is a reset or a broken pipe, and what the other side said is lost.
func (e endpoint) cutOff(err error) bool {
	return strings.Contains(err.Error(), closedByPeer) ||
		e.protocol == HTTP && (errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.EPIPE))
}

const closedByPeer = "use of closed network connection"

const (
	wantsCredentials = "set the credentials that the receiver wants in OTEL_EXPORTER_OTLP_HEADERS, such as authorization=Bearer%20TOKEN"
	tooLarge         = "raise the receiver's limit for requests, set OTEL_EXPORTER_OTLP_COMPRESSION=gzip, or send fewer series with --metrics essential"
	wantsTLS         = "the receiver wants TLS: use https:// in the endpoint"
	wantsPlain       = "the receiver does not speak TLS: use http:// in the endpoint"
	isGRPC           = "the receiver there speaks gRPC: use --protocol grpc, or the port for OTLP over HTTP, often 4318"
	setCertificate   = "set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY"
	isHTTP           = "the receiver there does not speak gRPC: use --protocol http/protobuf, or the port for OTLP over gRPC, often 4317"
)

// symptoms are what packages http and grpc say if the other side speaks something else.
var symptoms = []struct {
	protocol     Protocol
	text, advice string
}{
	{HTTP, "server gave HTTP response to HTTPS client", wantsPlain},
	{HTTP, "first record does not look like a TLS handshake", wantsPlain},
	{HTTP, `malformed HTTP response "\x15\x03`, wantsTLS}, // a TLS alert
	{HTTP, "malformed HTTP response", isGRPC},
	{HTTP, "readLoopPeekFailLocked", isGRPC}, // it spoke first
	{GRPC, "first record does not look like a TLS handshake", wantsPlain},
	{GRPC, "looked like an HTTP/1.1 header", isHTTP},
	{GRPC, "frame too large", isHTTP},
	{GRPC, "unexpected HTTP status code", isHTTP},
	{GRPC, "missing selected ALPN property", isHTTP},
	{GRPC, "error reading server preface", "the receiver may want TLS (https://), or speak OTLP over HTTP (--protocol http/protobuf)"},
}

func (e endpoint) adviceOnAnswer(a *answer) string {
	switch {
	case a.location != "":
		return "the server redirects to " + a.location + ": use the address of an OTLP receiver"
	case a.web && a.status/100 == 2:
		return "a web page answers there: use the address of an OTLP receiver"
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.status == http.StatusProxyAuthRequired:
		return wantsCredentials
	case a.status == http.StatusNotFound, a.status == http.StatusMethodNotAllowed:
		if e.asIs != "" && !strings.HasSuffix(a.path, "/v1/metrics") {
			return e.asIs + " is used as it is: add the path, usually /v1/metrics"
		}
		return "there is no OTLP receiver at this path: collectors have it at /v1/metrics, Prometheus at /api/v1/otlp/v1/metrics if it runs with --web.enable-otlp-receiver"
	case a.status == http.StatusRequestEntityTooLarge:
		return tooLarge
	case a.status == http.StatusBadRequest && strings.Contains(a.words, "HTTP request to an HTTPS server"):
		return wantsTLS
	case a.status == http.StatusUnsupportedMediaType:
		return "the receiver does not take protobuf or its compression: use --protocol grpc, or OTEL_EXPORTER_OTLP_COMPRESSION=none"
	case a.status == http.StatusTooManyRequests && a.wait > 0:
		return fmt.Sprintf("otwatch waits %v, as the receiver asks", a.wait)
	case a.status == http.StatusTooManyRequests:
		return "otwatch sends less often for now; raise the receiver's limit, or OTEL_METRIC_EXPORT_INTERVAL"
	}
	return ""
}

// adviceOnTLS is about certificates.
func adviceOnTLS(err error) string {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var alert tls.AlertError
	switch text := err.Error(); {
	case errors.As(err, &authority) || strings.Contains(text, "certificate signed by unknown authority"):
		return "set OTEL_EXPORTER_OTLP_CERTIFICATE to the file of the authority that signed the receiver's certificate"
	case errors.As(err, &name):
		return "the receiver's certificate is for another name: use a name that is in it"
	case errors.As(err, &invalid):
		return "the receiver needs another certificate"
	case errors.As(err, &alert) && strings.Contains(text, "certificate"), strings.Contains(text, "tls: certificate required"):
		return "the receiver wants a certificate of the client: " + setCertificate
	}
	return ""
}
