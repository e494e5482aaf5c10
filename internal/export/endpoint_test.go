package export

import (
	"errors"
	"strings"
	"testing"
)

func TestConfigured(t *testing.T) {
	if Configured("") {
		t.Error("configured without a flag and without a variable")
	}
	if !Configured("127.0.0.1:4317") {
		t.Error("not configured by the flag")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", " ")
	if Configured("") {
		t.Error("configured by a blank variable")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://127.0.0.1:4317")
	if !Configured("") {
		t.Error("not configured by the variable")
	}
}

func TestParseEndpoint(t *testing.T) {
	const (
		general, metrics = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
		protocol         = "OTEL_EXPORTER_OTLP_PROTOCOL"
	)
	tests := []struct {
		name     string
		flag     string
		protocol Protocol
		env      map[string]string
		problem  string // in the error; empty: accepted
	}{
		{name: "host and port", flag: "collector:4317"},
		{name: "IPv6", flag: "[::1]:4317"},
		{name: "plain text", flag: "http://127.0.0.1:4317"},
		{name: "TLS", flag: "https://otlp.example.com:443/"},
		{name: "no port", flag: "collector", problem: `--endpoint "collector"`},
		{name: "no host", flag: ":4317", problem: `":4317"`},
		{name: "port out of range", flag: "collector:70000", problem: `"collector:70000"`},
		{name: "port 0", flag: "collector:0", problem: `"collector:0"`},
		{name: "named port", flag: "collector:otlp", problem: `"collector:otlp"`},
		{name: "path with gRPC", flag: "http://collector:4317/v1/metrics", protocol: GRPC, problem: "/v1/metrics"},
		{name: "unknown protocol", flag: "collector:4317", protocol: "http/json", problem: "--protocol"},
		{name: "query", flag: "http://collector:4318/v1/metrics?tenant=1", problem: `"http://collector:4318/v1/metrics?…"`},
		{name: "key in a query", flag: "https://collector:4318/?api_key=secret", problem: `"https://collector:4318/?…"`},
		{name: "key in a query without a scheme", flag: "collector:4318?api_key=secret", problem: `"collector:4318?…"`},
		{name: "key in a fragment", flag: "https://collector:4318#secret", problem: `"https://collector:4318?…"`},
		{name: "key in an escaped query", flag: "https://collector:4318/v1/metrics%3Fapi_key=secret", problem: `"https://collector:4318/v1/metrics?…"`},
		{name: "query with an @", flag: "https://collector:4318/?key=1@secret", problem: `"https://…"`},
		{name: "password with a ?", flag: "https://me:secret?@collector:4318", problem: `"https://…"`},
		{name: "password and query", flag: "https://me:secret@collector:4318/?key=secret", problem: `"https://…@collector:4318/?…"`},
		{name: "other scheme", flag: "grpc://collector:4317", problem: "grpc://"},
		{name: "password", flag: "https://me:secret@collector:4317", problem: `"https://…@collector:4317"`},
		{name: "variable", env: map[string]string{general: "http://collector:4317"}},
		{name: "variable, port left to gRPC", env: map[string]string{general: "https://otlp.example.com"}},
		{name: "variable that the exporter passes over", env: map[string]string{general: "127.0.0.1:4317"}, problem: general + `="127.0.0.1:4317"`},
		{name: "variable without a host", env: map[string]string{metrics: "http://"}, problem: metrics},
		{name: "variable for another protocol", env: map[string]string{general: "http://collector:4318", protocol: "http/json"}, problem: protocol + ` "http/json"`},
		{name: "variable for HTTP without a host", env: map[string]string{general: "localhost:4318", protocol: "http/protobuf"}, problem: general},
		{name: "variable for HTTP with a key", env: map[string]string{general: "https://collector:4318/?api_key=secret"}, problem: general + `="https://collector:4318/?…"`},
		{name: "variable for HTTP with a fragment", env: map[string]string{metrics: "https://collector:4318/v1/metrics#secret"}, problem: metrics + `="https://collector:4318/v1/metrics?…"`},
		{name: "variable for gRPC with a key", env: map[string]string{general: "https://collector:4317?api_key=secret"}},
		{name: "other compression", flag: "collector:4317", env: map[string]string{"OTEL_EXPORTER_OTLP_COMPRESSION": "zstd"}, problem: "COMPRESSION"},
		{name: "metrics' own protocol", env: map[string]string{
			general: "http://collector:4317", protocol: "http/protobuf", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "grpc",
		}},
		{name: "flag wins over protocol", flag: "collector:4317", env: map[string]string{protocol: "http/protobuf"}},
		{name: "headers", flag: "collector:4317", env: map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "a=secret%20,b=2"}},
		{name: "header without a name", flag: "collector:4317", env: map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "a=1,secret"}, problem: "OTEL_EXPORTER_OTLP_HEADERS"},
		{name: "header with a stray %", flag: "collector:4317", env: map[string]string{"OTEL_EXPORTER_OTLP_METRICS_HEADERS": "a=secret%"}, problem: "METRICS_HEADERS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			e, err := parseEndpoint(tt.flag, tt.protocol)
			switch {
			case strings.Contains(e.name, "secret"):
				t.Errorf("name %q tells a secret", e.name)
			case tt.problem == "" && err != nil:
				t.Fatal(err)
			case tt.problem == "":
			case !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), tt.problem) || !strings.Contains(err.Error(), "want") && !strings.Contains(err.Error(), "set "):
				t.Errorf("error %v, want an ErrConfig that names %s and says what to do", err, tt.problem)
			case strings.Contains(err.Error(), "secret"):
				t.Errorf("error %v tells a secret", err)
			}
		})
	}
}

func TestBareScheme(t *testing.T) {
	for insecure, want := range map[string]string{"": "http", "true": "http", "TRUE": "http", "false": "https"} {
		t.Setenv("OTEL_EXPORTER_OTLP_INSECURE", insecure)
		if got := bareScheme(); got != want {
			t.Errorf("OTEL_EXPORTER_OTLP_INSECURE=%q: %s, want %s", insecure, got, want)
		}
	}
}

// TestProtocolAndPath follows the specification's rules for paths, and the order in which
// protocols are chosen.
func TestProtocolAndPath(t *testing.T) {
	const (
		general, metrics = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
		protocol         = "OTEL_EXPORTER_OTLP_PROTOCOL"
	)
	tests := []struct {
		name  string
		flag  string
		asked Protocol
		env   map[string]string
		want  Protocol
		url   string
	}{
		{"gRPC's port", "collector:4317", "", nil, GRPC, "http://collector:4317"},
		{"another port", "collector:9000", "", nil, GRPC, "http://collector:9000"},
		{"HTTP's port", "collector:4318", "", nil, HTTP, "http://collector:4318/v1/metrics"},
		{"HTTP's port, IPv6", "https://[::1]:4318", "", nil, HTTP, "https://[::1]:4318/v1/metrics"},
		{"the flag over the port", "collector:4317", HTTP, nil, HTTP, "http://collector:4317/v1/metrics"},
		{"the flag over HTTP's port", "collector:4318", GRPC, nil, GRPC, "http://collector:4318"},
		{"Prometheus, base", "http://prometheus:9090/api/v1/otlp", "", nil, HTTP, "http://prometheus:9090/api/v1/otlp/v1/metrics"},
		{"Prometheus, base with a slash", "http://prometheus:9090/api/v1/otlp/", "", nil, HTTP, "http://prometheus:9090/api/v1/otlp/v1/metrics"},
		{"Prometheus, whole path", "http://prometheus:9090/api/v1/otlp/v1/metrics", "", nil, HTTP, "http://prometheus:9090/api/v1/otlp/v1/metrics"},
		{"no scheme, path", "prometheus:9090/api/v1/otlp", "", nil, HTTP, "http://prometheus:9090/api/v1/otlp/v1/metrics"},
		{"no port", "https://otlp.example.com", HTTP, nil, HTTP, "https://otlp.example.com/v1/metrics"},
		{"the URL over the variable", "collector:4317", "", map[string]string{protocol: "http/protobuf"}, GRPC, "http://collector:4317"},
		{"the variable where the URL says nothing", "collector:9000", "", map[string]string{protocol: "http/protobuf"}, HTTP, "http://collector:9000/v1/metrics"},
		{"no scheme, TLS by the variable", "collector:4318", "", map[string]string{"OTEL_EXPORTER_OTLP_INSECURE": "false"}, HTTP, "https://collector:4318/v1/metrics"},
		{"no scheme, TLS by a certificate", "collector:4318", "", map[string]string{"OTEL_EXPORTER_OTLP_CERTIFICATE": "ca.pem"}, HTTP, "https://collector:4318/v1/metrics"},
		{"plain text even with a certificate", "http://collector:4318", "", map[string]string{"OTEL_EXPORTER_OTLP_CERTIFICATE": "ca.pem"}, HTTP, "http://collector:4318/v1/metrics"},
		{"the general variable is a base", "", "", map[string]string{general: "http://collector:4318"}, HTTP, "http://collector:4318/v1/metrics"},
		{"the general variable with a path", "", "", map[string]string{general: "http://collector:9000/otlp"}, HTTP, "http://collector:9000/otlp/v1/metrics"},
		{"metrics' own variable as it is", "", "", map[string]string{metrics: "http://collector:4318/in", general: "http://other:4318"}, HTTP, "http://collector:4318/in"},
		{"metrics' own variable without a path", "", HTTP, map[string]string{metrics: "http://collector:9000"}, HTTP, "http://collector:9000"},
		{"the protocol's variable over the port", "", "", map[string]string{general: "http://collector:4318", protocol: "grpc"}, GRPC, ""},
		{"metrics' own protocol", "", "", map[string]string{general: "http://collector:9000", protocol: "grpc", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "http/protobuf"}, HTTP, "http://collector:9000/v1/metrics"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			e, err := parseEndpoint(tt.flag, tt.asked)
			if err != nil || e.protocol != tt.want || e.url != tt.url {
				t.Errorf("%s to %q, want %s to %q; %v", e.protocol, e.url, tt.want, tt.url, err)
			}
		})
	}
}
