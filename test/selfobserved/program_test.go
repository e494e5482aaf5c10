package selfobserved

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	logpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	metricpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"

	"net/http"
)

// patience bounds each program's life.
const patience = time.Minute

// version is an SDK version, with those of the modules that are released apart.
type version struct{ sdk, log, otlplog string }

// versions are the first with self-observability of all signals' exporters of spans, one
// between, and the newest.
var versions = []version{
	{"v1.39.0", "v0.15.0", "v0.15.0"},
	{"v1.44.0", "v0.20.0", "v0.20.0"},
	{"v1.47.0", "v1.47.0", "v0.23.0"},
}

// modules are those that the program imports.
func (v version) modules() map[string]string {
	const otel = "go.opentelemetry.io/otel"
	modules := map[string]string{otel + "/log": v.log, otel + "/sdk/log": v.log, otel + "/exporters/otlp/otlplog/otlploggrpc": v.otlplog}
	for _, path := range []string{"", "/trace", "/sdk", "/sdk/metric", "/exporters/otlp/otlptrace/otlptracegrpc", "/exporters/otlp/otlptrace/otlptracehttp",
		"/exporters/otlp/otlpmetric/otlpmetricgrpc", "/exporters/stdout/stdouttrace"} {
		modules[otel+path] = v.sdk
	}
	return modules
}

// build compiles the program as a module of its own.
func build(t *testing.T, v version) string {
	t.Helper()
	directory := t.TempDir()
	source, err := os.ReadFile(filepath.Join("testdata", "program", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	var mod strings.Builder
	mod.WriteString("module example.com/program\n\ngo 1.26.0\n\nrequire (\n")
	for path, version := range v.modules() {
		fmt.Fprintf(&mod, "\t%s %s\n", path, version)
	}
	mod.WriteString(")\n")
	for name, content := range map[string][]byte{"main.go": source, "go.mod": []byte(mod.String())} {
		if err := os.WriteFile(filepath.Join(directory, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(directory, "program")
	command := exec.Command("go", "build", "-mod=mod", "-p=2", "-o", path)
	command.Dir, command.Env = directory, append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build with SDK %s: %v\n%s", v.sdk, err, out)
	}
	return path
}

func buildOtwatch(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "otwatch")
	command := exec.Command("go", "build", "-o", path, "./cmd/otwatch")
	command.Dir = filepath.Join("..", "..")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return path
}

// receiver takes everything.
type receiver struct {
	tracepb.UnimplementedTraceServiceServer
	metrics
	logs
}

type metrics struct {
	metricpb.UnimplementedMetricsServiceServer
}

type logs struct {
	logpb.UnimplementedLogsServiceServer
}

func (receiver) Export(context.Context, *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	return &tracepb.ExportTraceServiceResponse{}, nil
}

func (metrics) Export(context.Context, *metricpb.ExportMetricsServiceRequest) (*metricpb.ExportMetricsServiceResponse, error) {
	return &metricpb.ExportMetricsServiceResponse{}, nil
}

func (logs) Export(context.Context, *logpb.ExportLogsServiceRequest) (*logpb.ExportLogsServiceResponse, error) {
	return &logpb.ExportLogsServiceResponse{}, nil
}

// ServeHTTP answers as OTLP says.
func (receiver) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	body, err := proto.Marshal(&tracepb.ExportTraceServiceResponse{})
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(body) // the program counts what fails
}

// receive starts receivers, and returns host:port of each, and one of nobody.
func receive(t *testing.T) (overGRPC, overHTTP, nobody string) {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	r := receiver{}
	server := grpc.NewServer()
	tracepb.RegisterTraceServiceServer(server, r)
	metricpb.RegisterMetricsServiceServer(server, r.metrics)
	logpb.RegisterLogsServiceServer(server, r.logs)
	go func() { _ = server.Serve(listen) }() // returns when Stop is called
	t.Cleanup(server.Stop)
	web := httptest.NewServer(r)
	t.Cleanup(web.Close)
	return listen.Addr().String(), strings.TrimPrefix(web.URL, "http://"), closed.Addr().String()
}

// run watches the program for its life, and returns what its SDK counted and the recording.
func run(t *testing.T, otwatch, path string) (counted []series, recording string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	overGRPC, overHTTP, nobody := receive(t)
	program := exec.CommandContext(ctx, path, overGRPC, overHTTP, nobody)
	program.Env = append(os.Environ(), "OTEL_GO_X_OBSERVABILITY=true")
	program.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	program.Stderr = os.Stderr
	stdin, lines := start(t, program)
	expect(t, lines, "ready")

	recording = filepath.Join(t.TempDir(), "recording")
	watcher := exec.CommandContext(ctx, otwatch, "attach", "--pid", strconv.Itoa(program.Process.Pid), "--budget", "100%", "--output", "none", "--record", recording)
	stderr, err := watcher.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watcher.Start(); err != nil {
		t.Fatal(err)
	}
	for log := bufio.NewScanner(stderr); log.Scan(); {
		if !strings.Contains(log.Text(), "msg=attached") {
			continue
		}
		_, _ = io.WriteString(stdin, "\n")
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &counted) != nil {
			t.Fatalf("the program says %q", lines.Text())
		}
		time.Sleep(time.Second) // types are read from its memory
		_, _ = io.WriteString(stdin, "\n")
	}
	if err := watcher.Wait(); err != nil {
		t.Fatalf("otwatch: %v", err)
	}
	if err := program.Wait(); err != nil {
		t.Fatalf("the program: %v", err)
	}
	return counted, recording
}

func start(t *testing.T, command *exec.Cmd) (io.Writer, *bufio.Scanner) {
	t.Helper()
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	return stdin, lines
}

func expect(t *testing.T, lines *bufio.Scanner, want string) {
	t.Helper()
	if !lines.Scan() || lines.Text() != want {
		t.Fatalf("the program says %q, want %q", lines.Text(), want)
	}
}
