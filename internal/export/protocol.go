package export

import (
	"fmt"
	"net/url"
	"strings"
)

// Protocol is how OTLP is sent, as OTEL_EXPORTER_OTLP_PROTOCOL names it.
type Protocol string

const (
	GRPC Protocol = "grpc"
	HTTP Protocol = "http/protobuf"
)

// check rejects a protocol that otwatch does not have. origin is the flag or variable that
// names it.
func (p Protocol) check(origin string) error {
	if p == "" || p == GRPC || p == HTTP {
		return nil
	}
	return fmt.Errorf("%w: %s %q: want %s or %s", ErrConfig, origin, string(p), GRPC, HTTP)
}

// hintOf is the protocol that a URL suggests, "" if it suggests none: OTLP over gRPC has
// no path, and each protocol has a port of its own.
func hintOf(u *url.URL) Protocol {
	switch {
	case strings.Trim(u.Path, "/") != "" && u.Host != "", u.Port() == "4318":
		return HTTP
	case u.Port() == "4317":
		return GRPC
	}
	return ""
}

// protocolOf is the protocol for an endpoint that a flag gives: that of the --protocol
// flag, else what the URL suggests, else that of the environment.
func protocolOf(flag, hint Protocol) (Protocol, error) {
	if flag == "" {
		flag = hint
	}
	return envProtocol(flag, "")
}

// envProtocol is the protocol for an endpoint that a variable gives: that of the
// --protocol flag, else that of the environment, else what the URL suggests.
func envProtocol(flag, hint Protocol) (Protocol, error) {
	name, value := variable("PROTOCOL")
	for _, p := range []Protocol{flag, Protocol(value), hint} {
		if p != "" {
			return p, p.check(name)
		}
	}
	return GRPC, nil
}
