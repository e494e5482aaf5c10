package subject

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	// ballast is a body that Caddy never sends: its live heap.
	ballast = 32 << 20
	// page is the size of the file that it does send.
	page = 8 << 10
)

// The paths of the two routes, of one length.
const (
	caddyTraced   = "/with"
	caddyUntraced = "/bare"
)

// caddy serves a compressed file by two routes: the tracing handler is in one, and
// not in the other.
func caddy(r Run) (args, env []string, err error) {
	text := strings.Repeat("All the world's a stage, and all the men and women merely players.\n", page/67+1)[:page]
	if err := os.WriteFile(filepath.Join(r.Dir, "page.txt"), []byte(text), 0o644); err != nil {
		return nil, nil, fmt.Errorf("write Caddy's page: %w", err)
	}
	config, err := json.Marshal(caddyConfig(r))
	if err != nil {
		return nil, nil, fmt.Errorf("write Caddy's configuration: %w", err)
	}
	path := filepath.Join(r.Dir, "caddy.json")
	if err := os.WriteFile(path, config, 0o644); err != nil {
		return nil, nil, fmt.Errorf("write Caddy's configuration: %w", err)
	}
	env = []string{
		"XDG_CONFIG_HOME=" + r.Dir, "XDG_DATA_HOME=" + r.Dir, "OTEL_SERVICE_NAME=caddy",
		"OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_EXPORTER_OTLP_ENDPOINT=http://" + r.GRPC,
	}
	return []string{"run", "--config", path}, env, nil
}

// object is a JSON object.
type object map[string]any

// caddyConfig is Caddy's own form of configuration. See
// https://caddyserver.com/docs/json/.
func caddyConfig(r Run) object {
	serve := []object{
		{"handler": "encode", "encodings": object{"gzip": object{}}, "minimum_length": 512},
		{"handler": "file_server", "root": r.Dir},
	}
	traced := append([]object{{"handler": "tracing", "span": "request"}}, serve...)
	held := object{
		"match":  []object{{"path": []string{"/ballast"}}},
		"handle": []object{{"handler": "static_response", "body": strings.Repeat("x", ballast)}},
	}
	return object{
		"admin":   object{"disabled": true, "config": object{"persist": false}},
		"logging": object{"logs": object{"default": object{"level": "ERROR"}}},
		"apps": object{"http": object{"servers": object{"bench": object{
			"listen":          []string{r.Address},
			"automatic_https": object{"disable": true},
			"routes":          []object{held, route(caddyTraced, traced), route(caddyUntraced, serve)},
		}}}},
	}
}

// route serves the files below a path by the handlers.
func route(path string, handlers []object) object {
	strip := object{"handler": "rewrite", "strip_path_prefix": path}
	return object{"match": []object{{"path": []string{path + "/*"}}}, "handle": append([]object{strip}, handlers...)}
}
