//go:build real

package real

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// patience bounds each wait for what must come.
const patience = time.Minute

// program is one that carries the SDK.
type program struct {
	name, pkg string // a package and its version
	build     []string
	env       []string // beside where to send spans to
	// args are its arguments, given a directory of its own, where it is to listen,
	// and where its spans go.
	args func(t *testing.T, directory, listen, endpoint string) []string
	path string // to ask it for; empty: it makes spans by itself
}

var programs = []program{
	{
		name: "registry", pkg: "github.com/distribution/distribution/v3/cmd/registry@v3.0.0", path: "/v2/",
		env: []string{"OTEL_TRACES_EXPORTER=otlp"},
		args: func(t *testing.T, directory, listen, _ string) []string {
			config := fmt.Sprintf("version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: %q}\n", directory, listen)
			return []string{"serve", write(t, directory, "config.yml", config)}
		},
	},
	{
		name: "caddy, stripped", pkg: "github.com/caddyserver/caddy/v2/cmd/caddy@v2.11.9", build: []string{"-ldflags=-s -w"}, path: "/",
		args: func(t *testing.T, directory, listen, _ string) []string {
			config := fmt.Sprintf("{\n\tadmin off\n\tauto_https off\n}\nhttp://%s {\n\ttracing\n\trespond hello\n}\n", listen)
			return []string{"run", "--adapter", "caddyfile", "--config", write(t, directory, "Caddyfile", config)}
		},
	},
	{
		name: "telemetrygen, trimpath", build: []string{"-trimpath"},
		pkg: "github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen@v0.161.0",
		args: func(_ *testing.T, _, _, endpoint string) []string {
			return []string{"traces", "--otlp-insecure", "--otlp-endpoint", endpoint, "--rate", "200", "--duration", "8s"}
		},
	},
}

func TestRealPrograms(t *testing.T) {
	testtarget.NeedRoot(t)
	otwatch := filepath.Join(t.TempDir(), "otwatch")
	run(t, exec.Command("go", "build", "-o", otwatch, "../../cmd/otwatch"))
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) { watch(t, otwatch, p) })
	}
}

// watch runs a program, watches it from its start to a moment when it is idle or
// gone, and compares.
func watch(t *testing.T, otwatch string, p program) {
	arrived := &receiver{}
	endpoint := arrived.listen(t)
	directory, listen := t.TempDir(), freeAddress(t)
	target := exec.Command(install(t, p), p.args(t, directory, listen, endpoint)...)
	target.Env = append(os.Environ(), "XDG_DATA_HOME="+directory, "XDG_CONFIG_HOME="+directory, "OTEL_BSP_SCHEDULE_DELAY=200",
		"OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+endpoint)
	target.Env = append(target.Env, p.env...)
	begin(t, target)
	watcher := exec.Command(otwatch, "attach", "--pid", fmt.Sprint(target.Process.Pid), "--output", "json")
	out := &text{}
	said := &text{}
	watcher.Stdout, watcher.Stderr = out, said
	begin(t, watcher)
	await(t, "otwatch is attached", func() bool { return strings.Contains(said.String(), "msg=attached") })
	before := arrived.spans.Load()
	if p.path != "" {
		ask(t, "http://"+listen+p.path, 101)
		time.Sleep(time.Second) // for the batch processor
		if err := watcher.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "otwatch has ended", func() bool { return strings.HasSuffix(out.String(), "}\n") })
	var r analyzer.Report
	if err := json.Unmarshal([]byte(out.String()), &r); err != nil {
		t.Fatal(err)
	}
	sent := arrived.spans.Load() - before
	if e := r.Spans.Exported; e == nil || uint64(e.Value) != sent || sent < 101 || r.Probe.Lost != 0 {
		t.Errorf("exported %+v of %d that arrived; missing %v; %s", e, sent, r.Missing, said)
	}
	if p.path != "" {
		ask(t, "http://"+listen+p.path, 1) // it is alive
	}
	t.Logf("%s: sdk %s, %s, %d spans, service %s, %d processors", p.pkg, r.Target.SDKVersion, r.Target.GoVersion, sent, r.Target.ServiceName, len(r.Processors))
}

// receiver counts the spans that it is sent.
type receiver struct {
	tracepb.UnimplementedTraceServiceServer
	spans atomic.Uint64
}

func (r *receiver) listen(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	tracepb.RegisterTraceServiceServer(server, r)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

func (r *receiver) Export(_ context.Context, request *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			r.spans.Add(uint64(len(scope.Spans)))
		}
	}
	return &tracepb.ExportTraceServiceResponse{}, nil
}

// install builds a program from the module proxy.
func install(t *testing.T, p program) string {
	t.Helper()
	bin := t.TempDir()
	command := exec.Command("go", append(append([]string{"install"}, p.build...), p.pkg)...)
	command.Env = append(os.Environ(), "GOBIN="+bin, "GOFLAGS=")
	command.Dir = bin
	run(t, command)
	name, _, _ := strings.Cut(filepath.Base(p.pkg), "@")
	return filepath.Join(bin, name)
}

func run(t *testing.T, command *exec.Cmd) {
	t.Helper()
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
}

func begin(t *testing.T, command *exec.Cmd) {
	t.Helper()
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
	})
}

func write(t *testing.T, directory, name, content string) string {
	t.Helper()
	path := filepath.Join(directory, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// ask makes requests, when the program listens.
func ask(t *testing.T, url string, times int) {
	t.Helper()
	for range times {
		await(t, url+" answers", func() bool {
			response, err := http.Get(url)
			if err != nil {
				return false
			}
			return response.Body.Close() == nil
		})
	}
}

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// text is output that is read while it is written.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}
