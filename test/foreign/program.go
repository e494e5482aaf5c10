package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// program is one that is not ours.
type program struct {
	name, pkg, version string
	load               string // what it is made to do
	command            func(place) (args, env []string, err error)
	request            func(place) (*http.Request, error) // nil: it makes its own load
	explained          []string                           // findings that its way of working explains
}

// place is where a program runs.
type place struct {
	dir     string // its own, removed afterwards
	address string // free host:port
	peer    string // another
	grpc    string // OTLP receiver, host:port
}

var programs = []program{
	{
		name: "caddy", pkg: "github.com/caddyserver/caddy/v2/cmd/caddy", version: "v2.11.9",
		load: "serves a file, traced; 100 requests/s", command: caddy,
		request: func(at place) (*http.Request, error) {
			return http.NewRequest("GET", "http://"+at.address+"/page.txt", nil)
		},
		// It serves a small file and traces each request: a span is a part of that.
		explained: []string{"sampling-high", "hot-path"},
	},
	{
		name: "telemetrygen", pkg: "github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen", version: "v0.161.0",
		load: "makes 100 traces/s itself",
		command: func(at place) (args, env []string, err error) {
			return []string{"traces", "--otlp-endpoint", at.grpc, "--otlp-insecure", "--rate", "100", "--duration", "inf"}, nil, nil
		},
		// It does nothing else than tracing.
		explained: []string{"sampling-high", "hot-path", "attribute-cost"},
	},
	{
		name: "etcd", pkg: "go.etcd.io/etcd/server/v3", version: "v3.7.3",
		load: "takes puts through its gateway, traced; 100 requests/s",
		command: func(at place) (args, env []string, err error) {
			return []string{
				"--data-dir", filepath.Join(at.dir, "data"), "--log-level", "error", "--unsafe-no-fsync",
				"--listen-client-urls", "http://" + at.address, "--advertise-client-urls", "http://" + at.address,
				"--listen-peer-urls", "http://" + at.peer, "--initial-advertise-peer-urls", "http://" + at.peer,
				"--initial-cluster", "default=http://" + at.peer,
				"--enable-distributed-tracing", "--distributed-tracing-address", at.grpc, "--distributed-tracing-sampling-rate", "1000000",
			}, nil, nil
		},
		request: func(at place) (*http.Request, error) {
			return http.NewRequest("POST", "http://"+at.address+"/v3/kv/put", strings.NewReader(`{"key": "Zm9v", "value": "YmFy"}`))
		},
		// Every request is traced, and a put is little work without its fsync.
		explained: []string{"sampling-high", "hot-path"},
	},
	{
		name: "registry", pkg: "github.com/distribution/distribution/v3/cmd/registry", version: "v3.1.2",
		load: "lists its repositories, traced, and exports every span twice, through one exporter of its own; 100 requests/s", command: registry,
		request: func(at place) (*http.Request, error) {
			return http.NewRequest("GET", "http://"+at.address+"/v2/_catalog", nil)
		},
		// Every request is traced, and there is nothing to list.
		explained: []string{"sampling-high", "hot-path"},
	},
}

// registry keeps its images, of which there are none, in its directory.
func registry(at place) (args, env []string, err error) {
	const config = `version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: %s
http:
  addr: %s
`
	path := filepath.Join(at.dir, "registry.yml")
	if err := os.WriteFile(path, fmt.Appendf(nil, config, at.dir, at.address), 0o644); err != nil {
		return nil, nil, err
	}
	return []string{"serve", path}, []string{
		"OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_EXPORTER_OTLP_ENDPOINT=http://" + at.grpc,
	}, nil
}

// caddy's configuration has the tracing handler before its file server.
func caddy(at place) (args, env []string, err error) {
	const config = `{
	admin off
	persist_config off
	auto_https off
	log {
		level ERROR
	}
}
http://%s {
	tracing {
		span request
	}
	encode gzip
	root * %s
	file_server
}
`
	path := filepath.Join(at.dir, "Caddyfile")
	page := strings.Repeat("All the world's a stage, and all the men and women merely players.\n", 120)
	for name, content := range map[string]string{path: fmt.Sprintf(config, at.address, at.dir), filepath.Join(at.dir, "page.txt"): page} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			return nil, nil, err
		}
	}
	return []string{"run", "--config", path, "--adapter", "caddyfile"}, []string{
		"XDG_CONFIG_HOME=" + at.dir, "XDG_DATA_HOME=" + at.dir,
		"OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_EXPORTER_OTLP_ENDPOINT=http://" + at.grpc,
	}, nil
}
