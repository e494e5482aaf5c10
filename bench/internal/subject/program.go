package subject

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// Program is a program that can be put under a load.
type Program struct {
	Package string // import path below Dir; with @version where it is not ours
	Dir     string // of its module, from the repository's root
	// Command returns the arguments and the environment of a run.
	Command func(Run) (args, env []string, err error)
	// Request is the client's flag for the server's address; "": the program
	// makes its own load.
	Request string
	Path    string // that the client gets, of a server of HTTP
	Body    string // that it posts there; "": it gets
	// Untraced is the path that the client gets while tracing is off, of a server
	// that decides by it; "": the server is told.
	Untraced string
	// Released programs are built as make builds otwatch: without cgo.
	Released bool
	// Twins have tracing on or off for as long as they run: while tracing is off, the client
	// requests of another process.
	Twins bool
	// Foreign programs do not speak the protocol of bench/targets: they stand
	// when they listen, and end by SIGTERM.
	Foreign bool
}

// Run is what one run of a program is asked for.
type Run struct {
	Args     []string // of the Subject
	Env      []string // of the Subject
	Rate     float64  // requests/s
	Duration time.Duration
	GRPC     string // OTLP/gRPC receiver, host:port
	HTTP     string // OTLP/HTTP receiver, host:port
	Address  string // free host:port for a foreign server
	Peer     string // another one
	Dir      string // for its files, removed afterwards
	Untraced bool   // it is a twin that does not trace
}

const targets = "bench/targets"

// The programs there are.
var (
	Load = Program{Package: "./load", Dir: targets, Command: func(r Run) ([]string, []string, error) {
		args, env, err := ours(r)
		return append(args, "-rate", fmt.Sprint(r.Rate), "-duration", r.Duration.String()), env, err
	}}
	Signals = Program{Package: "./signals", Dir: targets, Command: func(r Run) ([]string, []string, error) {
		args := append([]string{"-endpoint", r.GRPC}, r.Args...)
		return append(args, "-rate", fmt.Sprint(r.Rate), "-duration", r.Duration.String()), nil, nil
	}}
	HTTPServer = Program{Package: "./httpserver", Dir: targets, Command: ours, Request: "-http", Path: "/page.txt"}
	GRPCServer = Program{Package: "./grpcserver", Dir: targets, Command: ours, Request: "-grpc"}
	Caddy      = Program{Package: "github.com/caddyserver/caddy/v2/cmd/caddy@v2.11.9", Command: caddy, Request: "-http", Path: caddyTraced + "/page.txt", Untraced: caddyUntraced + "/page.txt", Foreign: true}
	Etcd       = Program{Package: "go.etcd.io/etcd/server/v3@v3.7.3", Command: etcd, Request: "-http", Path: "/v3/kv/put", Body: `{"key": "Zm9v", "value": "YmFy"}`, Twins: true, Foreign: true}
	// Service is the one of the cases: its environment configures its tracing.
	Service = Program{Package: "./testdata/targets/service", Command: func(r Run) (args, env []string, err error) {
		endpoint := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + r.GRPC, "OTEL_SERVICE_NAME=orders"}
		return r.Args, append(endpoint, r.Env...), nil
	}, Request: "-http", Path: "/orders/4711"}

	client = Program{Package: "./client", Dir: targets}
)

// ours are the arguments that the programs of bench/targets share.
func ours(r Run) (args, env []string, err error) {
	args = append([]string{"-endpoint", r.GRPC}, r.Args...)
	if overHTTP(r.Args) {
		args = append(args, "-endpoint", r.HTTP)
	}
	return args, r.Env, nil
}

func overHTTP(args []string) bool { return strings.Contains(strings.Join(args, " "), "-protocol http") }

// name is the name of the program's executable.
func (p Program) name() string {
	importPath, _, _ := strings.Cut(p.Package, "@")
	return path.Base(importPath)
}

// build makes the executable in the directory; root is the repository's.
func (p Program) build(root, dir string) error {
	importPath, _, foreign := strings.Cut(p.Package, "@")
	module := filepath.Join(root, p.Dir)
	if foreign {
		// go install refuses modules with replace directives.
		module = filepath.Join(dir, "module-"+p.name())
		if err := os.Mkdir(module, 0o755); err != nil {
			return err
		}
		for _, args := range [][]string{{"mod", "init", "foreign"}, {"get", p.Package}} {
			if err := p.command(module, args...); err != nil {
				return err
			}
		}
	}
	return p.command(module, "build", "-trimpath", "-o", filepath.Join(dir, p.name()), importPath)
}

// command runs go in a module.
func (p Program) command(module string, args ...string) error {
	command := exec.Command("go", args...)
	command.Dir = module
	if p.Released {
		command.Env = append(os.Environ(), "CGO_ENABLED=0")
	}
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %s: %w\n%s", p.Package, command, err, out)
	}
	return nil
}
