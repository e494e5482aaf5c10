package export

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// ErrConfig matches every error about a flag or an environment variable that does not say
// where, or how, to send: a usage error.
var ErrConfig = errors.New("export configuration")

// endpointForms is what --endpoint accepts.
const endpointForms = "want host:port, http://host:port or https://host:port (TLS), for OTLP over HTTP also with a path"

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

// endpoint is where metrics go.
type endpoint struct {
	protocol Protocol
	name     string // in errors and logs
	url      string // with OTLP over gRPC, "" leaves the choice to the exporter
	plain    bool   // plain text, whatever certificates there are
	asIs     string // the variable whose URL OTLP over HTTP uses without adding v1/metrics, or ""
}

// parseEndpoint checks the --endpoint flag or, without one, the environment. Protocol is
// that of the --protocol flag, or "".
func parseEndpoint(flag string, protocol Protocol) (endpoint, error) {
	if err := errors.Join(checkHeaders(), checkCompression(), protocol.check("--protocol")); err != nil {
		return endpoint{}, err
	}
	if flag != "" {
		return flagEndpoint(flag, protocol)
	}
	return envEndpoint(protocol)
}

// CheckEndpoint says what is wrong with an endpoint, whatever the protocol; nil if nothing
// is.
func CheckEndpoint(flag string) error {
	_, err := flagEndpoint(flag, HTTP)
	if err != nil {
		_, err = flagEndpoint(flag, GRPC)
	}
	return err
}

// flagEndpoint reads one of
//
//	collector:4317                             plain text, unless OTEL_EXPORTER_OTLP_INSECURE is false or a certificate is set
//	http://collector:4317                      plain text
//	https://collector:4317                     TLS, with the certificates of OTEL_EXPORTER_OTLP_*CERTIFICATE if there are any
//	http://prometheus:9090/api/v1/otlp         OTLP over HTTP
func flagEndpoint(flag string, protocol Protocol) (endpoint, error) {
	scheme, rest, found := strings.Cut(flag, "://")
	if !found {
		scheme, rest = bareScheme(), flag
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil || scheme != "http" && scheme != "https" || u.User != nil || u.Host == "" || hasQuery(u) {
		return endpoint{}, fmt.Errorf("%w: --endpoint %q: %s", ErrConfig, redact(flag), endpointForms)
	}
	e := endpoint{name: flag, plain: found && scheme == "http"}
	if e.protocol, err = protocolOf(protocol, hintOf(u)); err != nil {
		return endpoint{}, err
	}
	switch hasPath := strings.Trim(u.Path, "/") != ""; {
	case e.protocol == HTTP && isHost(u, found):
		if !found && u.Scheme == "http" && certified() {
			u.Scheme = "https"
		}
		e.name, e.url = metricsURL(u), metricsURL(u)
	case e.protocol == GRPC && hasPath:
		return endpoint{}, fmt.Errorf("%w: --endpoint %q: OTLP over gRPC has no path; want host:port, or --protocol %s", ErrConfig, flag, HTTP)
	case e.protocol == GRPC && isHostPort(u.Host):
		e.url = u.Scheme + "://" + u.Host
	default:
		return endpoint{}, fmt.Errorf("%w: --endpoint %q: %s", ErrConfig, flag, endpointForms)
	}
	return e, nil
}

// isHost reports whether a URL names a host, and a port unless the scheme, which the user
// has given, has one.
func isHost(u *url.URL, schemeGiven bool) bool {
	return isHostPort(u.Host) || schemeGiven && u.Port() == "" && isHostPort(u.Host+":1")
}

// metricsURL is where metrics go for a base URL. Source: OTLP exporter specification,
// "Endpoint URLs for OTLP/HTTP".
func metricsURL(base *url.URL) string {
	const signal = "v1/metrics"
	if strings.HasSuffix(strings.TrimSuffix(base.Path, "/"), "/"+signal) {
		return base.String()
	}
	return base.JoinPath(signal).String()
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

// envEndpoint rejects values that the exporter would ignore, to send to localhost instead.
func envEndpoint(protocol Protocol) (endpoint, error) {
	name, value := variable("ENDPOINT")
	u, err := url.Parse(value)
	if err != nil || ((u.Scheme == "http" || u.Scheme == "https") && u.Host == "") {
		return endpoint{}, fmt.Errorf("%w: %s=%q: want http://host:port (plain text) or https://host:port (TLS)",
			ErrConfig, name, redact(value))
	}
	e := endpoint{name: redact(value)}
	if e.protocol, err = envProtocol(protocol, hintOf(u)); err != nil || e.protocol == GRPC {
		return e, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.User != nil || hasQuery(u) {
		return endpoint{}, fmt.Errorf("%w: %s=%q: want http://host:port/path (plain text) or https://host:port/path (TLS), without user name and query",
			ErrConfig, name, redact(value))
	}
	e.plain = u.Scheme == "http"
	if e.url = u.JoinPath("v1/metrics").String(); name == ownEndpoint {
		e.url, e.asIs = value, name
	}
	return e, nil
}

// ownEndpoint is the variable that OTLP over HTTP uses as it is.
const ownEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"

// hasQuery reports whether a URL has a query or a fragment, also where its ? or # is escaped
// by mistake.
func hasQuery(u *url.URL) bool {
	return u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(u.Path, "?#")
}

// queryStart is where the query or the fragment of a URL begins.
var queryStart = regexp.MustCompile(`[?#]|%3[fF]|%23`)

// redact removes what may be secret from an endpoint: user name and password, query and
// fragment.
func redact(value string) string {
	scheme, rest, found := strings.Cut(value, "://")
	if !found {
		scheme, rest = "", value
	} else {
		scheme += "://"
	}
	at, query := strings.LastIndex(rest, "@"), len(rest)
	if start := queryStart.FindStringIndex(rest); start != nil {
		query = start[0]
	}
	shown := rest[:query]
	switch {
	case at >= query: // a password with a ?, or a query with an @
		return scheme + "…"
	case at >= 0:
		shown = "…" + rest[at:query]
	}
	if query < len(rest) {
		shown += "?…"
	}
	return scheme + shown
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

// checkCompression rejects what the exporters would treat as none.
func checkCompression() error {
	if name, value := variable("COMPRESSION"); value != "" && value != "gzip" && value != "none" {
		return fmt.Errorf("%w: %s=%q: want gzip or none", ErrConfig, name, value)
	}
	return nil
}
