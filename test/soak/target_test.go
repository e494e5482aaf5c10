package soak

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/trace"
)

// spans is how many a target makes in its life, at a thousand a second.
const spans = 101

// A target is this test's own executable, told so by its environment.
const endpointVariable, fateVariable = "OTWATCH_SOAK_ENDPOINT", "OTWATCH_SOAK_FATE"

// fate is what becomes of a target.
type fate struct {
	name string
	// live is the target's side, after its spans were made.
	live func(*trace.TracerProvider)
	// disturb is the test's side, while the target makes spans; nil: nothing.
	disturb func(*os.Process) error
	// detach ends the watching before the target ends.
	detach bool
	// replaced lets the watching end by that: the target lives on as another
	// program, which may have ended before that is noticed.
	replaced bool
	// exact wants every span to have been seen.
	exact bool
	// status checks how the target ended.
	status func(syscall.WaitStatus) bool
}

func exited(code int) func(syscall.WaitStatus) bool {
	return func(s syscall.WaitStatus) bool { return s.Exited() && s.ExitStatus() == code }
}

func killed(s syscall.WaitStatus) bool { return s.Signaled() && s.Signal() == syscall.SIGKILL }

const shutsDown = "shuts down"

var fates = []fate{
	{name: shutsDown, live: shutDown, exact: true, status: exited(0)},
	{name: "is detached from", live: shutDown, detach: true, status: exited(0)},
	{name: "is killed", live: wait, disturb: (*os.Process).Kill, status: killed},
	{name: "crashes", live: crash, status: exited(2)},
	{name: "becomes another", live: becomeAnother, replaced: true, status: exited(0)},
}

func shutDown(provider *trace.TracerProvider) { _ = provider.Shutdown(context.Background()) }

// wait is for what comes from outside, which may come late on a busy machine.
func wait(*trace.TracerProvider) { time.Sleep(patience) }

func crash(*trace.TracerProvider) {
	var nowhere *int
	*nowhere = 1
}

// becomeAnother executes this program again, which then shuts down.
func becomeAnother(*trace.TracerProvider) {
	os.Setenv(fateVariable, shutsDown)
	fmt.Fprintln(os.Stderr, syscall.Exec("/proc/self/exe", os.Args, os.Environ()))
	os.Exit(1)
}

func TestMain(m *testing.M) {
	for _, f := range fates {
		if f.name == os.Getenv(fateVariable) {
			f.meet()
			return
		}
	}
	os.Exit(m.Run())
}

// meet is the target: it makes its spans once a line has come in, and meets its
// fate.
func (f fate) meet() {
	exporter, err := otlptracegrpc.New(context.Background(),
		otlptracegrpc.WithEndpoint(os.Getenv(endpointVariable)), otlptracegrpc.WithInsecure())
	if err != nil {
		panic(err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter, trace.WithBatchTimeout(20*time.Millisecond)))
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // at the end of input, the second life begins at once
	for range spans {
		_, span := provider.Tracer("soak").Start(context.Background(), "span")
		span.End()
		time.Sleep(time.Millisecond)
	}
	f.live(provider)
}

// process is a running target.
type process struct {
	*exec.Cmd
	stdin io.WriteCloser
}

// start returns a target that has its provider and waits for a line.
func start(f fate, endpoint string) (*process, error) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), fateVariable+"="+f.name, endpointVariable+"="+endpoint)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd, stdin}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		return nil, errors.Join(fmt.Errorf("the target printed %q: %w", line, err), p.end())
	}
	return p, nil
}

// begin lets the target go on.
func (p *process) begin() error { return p.stdin.Close() }

// end makes sure that the target is gone.
func (p *process) end() error {
	if p.ProcessState != nil {
		return nil
	}
	_ = p.Process.Kill()
	err := p.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}
