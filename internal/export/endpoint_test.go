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
		name    string
		flag    string
		env     map[string]string
		problem string // in the error; empty: accepted
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
		{name: "path of OTLP/HTTP", flag: "http://collector:4318/v1/metrics", problem: "/v1/metrics"},
		{name: "other scheme", flag: "grpc://collector:4317", problem: "grpc://"},
		{name: "password", flag: "https://me:secret@collector:4317", problem: `"https://…@collector:4317"`},
		{name: "variable", env: map[string]string{general: "http://collector:4317"}},
		{name: "variable, port left to gRPC", env: map[string]string{general: "https://otlp.example.com"}},
		{name: "variable that the exporter passes over", env: map[string]string{general: "127.0.0.1:4317"}, problem: general + `="127.0.0.1:4317"`},
		{name: "variable without a host", env: map[string]string{metrics: "http://"}, problem: metrics},
		{name: "variable for another protocol", env: map[string]string{general: "http://collector:4318", protocol: "http/protobuf"}, problem: protocol + `="http/protobuf"`},
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
			_, err := parseEndpoint(tt.flag)
			switch {
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
