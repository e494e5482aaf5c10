package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/testreport"
	"github.com/otwatch/otwatch/internal/testschema"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// lockedBuffer receives a process's output while the test reads it.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func pidOf(p *os.Process) string { return strconv.Itoa(p.Pid) }

func decodeReport(t *testing.T, text string) report.Report {
	t.Helper()
	testschema.Open(t).Check(t, []byte(text))
	var report report.Report
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	testreport.Check(t, report)
	return report
}

// TestJSON watches the reference program for its whole life and compares the missing
// figures with the committed list.
func TestJSON(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "50", "-spans", "101", "-exit-at-once")
	c := attached(t, "--pid", program.PIDString(), "--output", "json")
	program.Begin()
	totals := program.Totals()
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	r := decodeReport(t, c.stdout.String())
	if r.Schema != "otwatch.report/v1" || r.Target.PID != program.PID() || r.Target.ServiceName != "reference" || r.Target.SDKVersion != "v1.47.0" {
		t.Errorf("schema %q, target %+v", r.Schema, r.Target)
	}
	// Probe hits are expensive on an emulated machine, so the budget may have them
	// counted in windows. Such a machine also has more CPU samples, and fewer missing
	// figures.
	want := float64(totals["otel.sdk.span.started"])
	// If otwatch hardly gets to run there, its probes are removed for a while.
	if ended := r.Spans.Ended; ended == nil && testtarget.Emulated() {
		t.Log("ended is not claimed")
	} else if ended == nil || ended.Low > want || ended.High < want || !ended.Exact && !testtarget.Emulated() {
		t.Errorf("ended = %+v, want %v", ended, want)
	}
	if testtarget.Emulated() {
		return
	}
	byChance := []string{"spans.attribute_bytes", "cpu.throttled_share", "cpu.run_delay"} // or by the host
	var missing []string
	for _, m := range r.Missing {
		if slices.Contains(byChance, m.What) {
			continue
		}
		missing = append(missing, m.What+": "+m.Why)
	}
	golden.Equal(t, "missing.txt", strings.Join(missing, "\n")+"\n")
}

// TestJSONLAddsUp gets one report per interval. Their spans add up to the SDK's count.
func TestJSONLAddsUp(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "1000", "-spans", "2003", "-exit-at-once")
	c := attached(t, "--pid", program.PIDString(), "--output", "jsonl", "--interval", "250ms")
	program.Begin()
	totals := program.Totals()
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	lines := slices.Collect(strings.Lines(c.stdout.String()))
	if len(lines) < 5 {
		t.Fatalf("%d lines, want one each 250 ms of 2 s:\n%s", len(lines), c.stdout)
	}
	var exported, ended float64
	for _, line := range lines {
		r := decodeReport(t, line)
		exported += r.Spans.Exported.Value
		if r.Spans.Ended != nil { // unknown until the first span has shown the processor
			ended += r.Spans.Ended.Value
		}
	}
	if want := totals["otel.sdk.exporter.span.exported"]; int64(exported) != want {
		t.Errorf("the intervals' exported spans add up to %v, want %d", exported, want)
	}
	if want := totals["otel.sdk.span.started"]; int64(ended) != want {
		t.Errorf("the intervals' ended spans add up to %v, want %d", ended, want)
	}
}

// TestSeveralTargets gets one document with a report for each target.
func TestSeveralTargets(t *testing.T) {
	testtarget.NeedRoot(t)
	endpoint := testtarget.Receive(t, testtarget.Accept)
	one := testtarget.Start(t, "-endpoint", endpoint)
	two := testtarget.Start(t, "-endpoint", endpoint)
	c := attached(t, "--name", filepath.Base(testtarget.Executable(t)), "--duration", "1s", "--output", "json")
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	document := decodeHost(t, c.stdout.String())
	var pids []int
	for _, r := range document.Targets {
		pids = append(pids, r.Target.PID)
	}
	slices.Sort(pids)
	want := []int{one.PID(), two.PID()}
	slices.Sort(want)
	if !slices.Equal(pids, want) || document.Host.Targets != 2 {
		t.Errorf("targets %v of %d, want %v", pids, document.Host.Targets, want)
	}
}

// TestKilled kills otwatch: the target's code is as before, and that of another process
// of the same program was never changed.
func TestKilled(t *testing.T) {
	testtarget.NeedRoot(t)
	endpoint := testtarget.Receive(t, testtarget.Accept)
	program := testtarget.Start(t, "-endpoint", endpoint, "-rate", "1000", "-spans", "6007")
	neighbour := testtarget.Start(t, "-endpoint", endpoint, "-rate", "1000", "-spans", "6007")
	c := attached(t, "--pid", program.PIDString(), "--budget", "100%")
	program.Begin()
	neighbour.Begin()
	time.Sleep(time.Second)
	if n := differences(t, program.PID(), probedSymbols); n == 0 {
		t.Error("the target carries no trap while it is watched: this test could not fail")
	}
	if n := differences(t, neighbour.PID(), probedSymbols); n != 0 {
		t.Errorf("%d bytes of a process that is not watched differ from the file", n)
	}
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.wait()
	for deadline := time.Now().Add(10 * time.Second); differences(t, program.PID(), probedSymbols) != 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes still differ from the file", differences(t, program.PID(), probedSymbols))
		}
	}
	program.AwaitLoad()
	if totals := program.Shutdown(); totals["otel.sdk.span.started"] != 6007 {
		t.Errorf("the target made %d spans, want 6007", totals["otel.sdk.span.started"])
	}
}

// hotSymbols are on the path of every span.
var hotSymbols = []string{
	"go.opentelemetry.io/otel/sdk/trace.(*tracer).Start",
	"go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End",
	"go.opentelemetry.io/otel/sdk/trace.(*batchSpanProcessor).OnEnd",
}

// probedSymbols are other functions that have probes.
var probedSymbols = append(slices.Clone(hotSymbols),
	"go.opentelemetry.io/otel/sdk/trace.(*batchSpanProcessor).exportSpans",
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace.(*Exporter).ExportSpans")

// differences counts the bytes of functions that differ from the file.
func differences(t *testing.T, pid int, names []string) int {
	t.Helper()
	process, err := target.Open(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	functions, err := process.Binary.Functions(names...)
	if err != nil || len(functions) != len(names) {
		t.Fatal(len(functions), err)
	}
	different := 0
	for _, bodies := range functions {
		want, err := process.Binary.Code(bodies[0])
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(want))
		if err := (memory.Reader{PID: pid}).Read(bodies[0].Address+process.Bias, got); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if want[i] != got[i] {
				different++
			}
		}
	}
	return different
}

// TestTwoAtOnce has two otwatch processes count the same spans.
func TestTwoAtOnce(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "500", "-spans", "1009", "-exit-at-once")
	args := []string{"--pid", program.PIDString(), "--output", "json", "--budget", "100%"}
	both := []*command{attached(t, args...), attached(t, args...)}
	program.Begin()
	totals := program.Totals()
	for i, c := range both {
		if code := c.wait(); code != exitDone {
			t.Fatalf("otwatch %d: exit code %d: %s", i, code, c.stderr)
		}
		r := decodeReport(t, c.stdout.String())
		for what, got := range map[string]float64{"started": r.Spans.Started.Value, "ended": r.Spans.Ended.Value, "exported": r.Spans.Exported.Value} {
			if int64(got) != totals["otel.sdk.span.started"] {
				t.Errorf("otwatch %d: %s = %v, want %d", i, what, got, totals["otel.sdk.span.started"])
			}
		}
	}
}

// TestText expects lines while otwatch runs, and a summary when it is interrupted.
func TestText(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "100", "-spans", "100000")
	c := attached(t, "--pid", program.PIDString(), "--interval", "200ms")
	program.Begin()
	time.Sleep(1500 * time.Millisecond)
	if code := c.interrupt(); code != exitDone {
		t.Errorf("exit code %d: %s", code, c.stderr)
	}
	for _, want := range []string{"pid=" + program.PIDString() + " service=reference", "SPANS", "EXPORT", "QUEUE", "OTWATCH", "NOT MEASURED"} {
		if !strings.Contains(c.stdout.String(), want) {
			t.Errorf("stdout does not have %q:\n%s", want, c.stdout)
		}
	}
	if strings.Contains(c.stdout.String(), "\x1b") {
		t.Error("there are escape sequences in output that goes to no terminal")
	}
}

// TestClosedStdout expects otwatch to end with an error when its reader has gone.
func TestClosedStdout(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(otwatch, "attach", "--pid", program.PIDString(), "--interval", "100ms", "--output", "jsonl")
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = writer, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	if _, err := io.ReadFull(reader, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	reader.Close()
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitFailure || !strings.Contains(stderr.String(), "cannot write to stdout") {
		t.Errorf("exit code %d, stderr %q; want %d and that it cannot write", code, &stderr, exitFailure)
	}
}

// TestProcessEnds expects a summary of a process that ended while it was watched.
func TestProcessEnds(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	c := attached(t, "--pid", program.PIDString())
	if err := syscall.Kill(program.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := c.wait(); code != exitDone {
		t.Errorf("exit code %d: %s", code, c.stderr)
	}
	if !strings.Contains(c.stdout.String(), fmt.Sprintf("pid %d", program.PID())) {
		t.Errorf("there is no summary:\n%s", c.stdout)
	}
}
