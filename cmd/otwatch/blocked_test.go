package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/demo"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/outfile"
	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// stall fills a pipe or terminal that nobody reads.
func stall(t *testing.T, file *os.File) {
	t.Helper()
	fd := int(file.Fd())
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := unix.Write(fd, []byte("filled\n")); errors.Is(err, unix.EAGAIN) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
}

// startOn starts otwatch with the given descriptors.
func startOn(t *testing.T, stdin, stdout, stderr *os.File, args ...string) *command {
	t.Helper()
	cmd := exec.Command(otwatch, args...)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	if stdout != nil {
		cmd.Stdout = stdout
	}
	if stderr != nil {
		cmd.Stderr = stderr
	}
	return launchCommand(t, cmd)
}

// endLimits is the time after which otwatch has given up on output that nobody reads,
// with some room for a slow machine. It does not grow with endLimit, which is for a
// slow kernel.
const endLimits = 40 * time.Second

// endsInTime sends a signal, and expects otwatch to give up on what hangs.
func (c *command) endsInTime(code int, says string) {
	c.t.Helper()
	sent := time.Now()
	got := c.interrupt()
	if took := time.Since(sent); got != code || took > endLimits || !strings.Contains(c.stderr.String(), says) {
		c.t.Errorf("exit code %d after %v, want %d within %v, and that it says %q: %s", got, took, code, endLimits, says, c.stderr)
	}
}

// TestStalledStdout expects watching to go on while nobody reads: probes on the path of
// every span come and go within the budget.
func TestStalledStdout(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "100", "-spans", "100000")
	_, writer := blockedPipe(t)
	stall(t, writer)
	c := startOn(t, nil, writer, nil, "attach", "--pid", program.PIDString(), "--interval", "100ms", "--output", "jsonl", "--budget", "50%")
	program.Begin()
	for i := range 2 {
		for _, stand := range []bool{true, false} {
			for deadline := time.Now().Add(40 * time.Second); differences(t, program.PID(), hotSymbols) > 0 != stand; time.Sleep(100 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("window %d: probes on the path of every span: want %v, after 40 s: %s", i, stand, c.stderr)
				}
			}
		}
	}
	c.endsInTime(exitFailure, "cannot write to stdout: output is blocked: nothing reads it")
}

// TestStalledTerminal expects otwatch to give up the live view if the terminal takes
// nothing.
func TestStalledTerminal(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	tty := terminal(t)
	stall(t, tty)
	c := startOn(t, tty, tty, nil, "attach", "--pid", program.PIDString(), "--interval", "100ms")
	c.await("msg=attached")
	time.Sleep(time.Second)
	c.endsInTime(exitFailure, "cannot write to stdout")
}

// TestStalledStderr expects a report and an end in time, although nobody reads the log.
func TestStalledStderr(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	_, writer := blockedPipe(t)
	stall(t, writer)
	began := time.Now()
	c := startOn(t, nil, nil, writer, "attach", "--pid", program.PIDString(), "--duration", "1s", "--output", "json")
	if code := c.wait(); code != exitDone || time.Since(began) > endLimits {
		t.Errorf("exit code %d after %v, want %d", code, time.Since(began), exitDone)
	}
	if r := decodeReport(t, c.stdout.String()); r.Target.PID != program.PID() {
		t.Errorf("the report is of pid %d", r.Target.PID)
	}
}

// TestFullDisk has a full disk under stdout. That ends the watch only if nothing else
// is written.
func TestFullDisk(t *testing.T) {
	testtarget.NeedRoot(t)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "100", "-spans", "100000")
	program.Begin()
	attach := func(args ...string) *command {
		return startOn(t, nil, full, nil, append([]string{"attach", "--pid", program.PIDString(), "--interval", "100ms", "--output", "jsonl"}, args...)...)
	}
	t.Run("alone", func(t *testing.T) {
		if c := attach(); c.wait() != exitFailure || !strings.Contains(c.stderr.String(), "cannot write to stdout") {
			t.Errorf("%v: %s", c.cmd.ProcessState, c.stderr)
		}
	})
	goesOn := func(t *testing.T, c *command) {
		t.Helper()
		if code := c.wait(); code != exitFailure || strings.Count(c.stderr.String(), "output has stopped; watching continues") != 1 {
			t.Errorf("exit code %d, want %d and one warning: %s", code, exitFailure, c.stderr)
		}
	}
	t.Run("beside metrics", func(t *testing.T) {
		receiver, err := demo.NewReceiver()
		if err != nil {
			t.Fatal(err)
		}
		defer receiver.Close()
		t.Setenv("OTEL_METRIC_EXPORT_INTERVAL", "200")
		goesOn(t, attach("--duration", "3s", "--endpoint", "http://"+receiver.Endpoint()))
		if n := receiver.Received().MetricExports; n < 5 {
			t.Errorf("%d exports arrived in 3 s", n)
		}
	})
	t.Run("beside a recording", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "seen.rec")
		goesOn(t, attach("--duration", "2s", "--record", file))
		if n := intervals(t, file); n < 5 {
			t.Errorf("%d intervals are recorded of 2 s", n)
		}
	})
	t.Run("beside a profile", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "cpu.pb.gz")
		goesOn(t, attach("--duration", "2s", "--pprof", file))
		if size(t, file) == 0 {
			t.Error("the profile is empty")
		}
	})
}

// intervals returns the number of intervals of a complete recording.
func intervals(t *testing.T, path string) (n int) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := recording.NewReader(file, nil)
	for ; err == nil; n++ {
		_, err = r.Next()
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return n - 1
}

// TestFullDiskOfTheRecording expects the recording to end, and the watch to go on.
func TestFullDiskOfTheRecording(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	small := t.TempDir()
	if err := unix.Mount("none", small, "tmpfs", 0, "size=8k,mode=0755"); err != nil {
		t.Skipf("KERNEL TEST NOT RUN: %v", err)
	}
	defer func() { _ = unix.Unmount(small, 0) }()
	c := start(t, "attach", "--pid", program.PIDString(), "--interval", "100ms", "--duration", "4s", "--output", "json", "--record", filepath.Join(small, "seen.rec"))
	if code := c.wait(); code != exitFailure || strings.Count(c.stderr.String(), "the recording has stopped; watching continues") != 1 {
		t.Errorf("exit code %d, want %d and one warning: %s", code, exitFailure, c.stderr)
	}
	if r := decodeReport(t, c.stdout.String()); r.Window.Seconds < 3 {
		t.Errorf("the report covers %v s of 4", r.Window.Seconds)
	}
	_ = c.cmd.Wait()
}

// TestTimeout expects a whole report, although timeout(1) sends two signals at once,
// and sometimes while otwatch attaches.
func TestTimeout(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	for i := range 25 {
		after := fmt.Sprint(1 + 0.02*float64(i))
		var stdout, stderr bytes.Buffer
		cmd := exec.Command("timeout", after, otwatch, "attach", "--pid", program.PIDString(), "--output", "json")
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); cmd.ProcessState.ExitCode() != 124 {
			t.Errorf("after %s s: %v: %s", after, err, &stderr)
		}
		if stdout.Len() == 0 {
			t.Fatalf("after %s s there is no report: %s", after, &stderr)
		}
		if r := decodeReport(t, stdout.String()); r.Target.PID != program.PID() {
			t.Errorf("after %s s the report is of pid %d", after, r.Target.PID)
		}
	}
}

// TestLinesLeftOut expects a warning at once, and the number of lines at the end.
func TestLinesLeftOut(t *testing.T) {
	reader, writer := blockedPipe(t)
	var log strings.Builder
	o := &written{out: newOutlet(writer), log: slog.New(slog.NewTextHandler(&log, nil)), complain: &sync.Once{}}
	for range 3 * outletRoom / (1 << 20) {
		if err := o.line(func(w io.Writer) error { _, err := w.Write(make([]byte, 1<<20)); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "output lines are being dropped"); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, &log)
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	if err := o.last(func(io.Writer) error { return nil }); err != nil {
		t.Error(err)
	}
	if want := fmt.Sprintf("lines=%d", o.out.missed()); o.out.missed() == 0 || !strings.Contains(log.String(), want) {
		t.Errorf("the log does not say %q:\n%s", want, &log)
	}
}

// TestSlowRecording expects that a slow recording delays nobody, and that its End has
// the number of gaps.
func TestSlowRecording(t *testing.T) {
	reader, writer := blockedPipe(t)
	file, err := outfile.Open(fmt.Sprintf("/dev/fd/%d", writer.Fd()), false)
	if err != nil {
		t.Fatal(err)
	}
	writer.Close()
	var log strings.Builder
	r := &recorder{file: file, out: newOutlet(file), log: slog.New(slog.NewTextHandler(&log, nil))}
	if r.writer, err = recording.NewWriter(r.out, recording.Header{}, recording.Limit); err != nil {
		t.Fatal(err)
	}
	const snapshots = 20
	name := make([]byte, 1<<20)
	for range snapshots {
		for i := range name {
			name[i] = byte(' ' + rand.IntN(64)) // hardly compressible
		}
		r.add(&monitor.Monitor{}, snapshot.Snapshot{Target: snapshot.Target{PID: 1, ServiceName: string(name)}, Elapsed: time.Second}, report.Limits{})
	}
	if n := strings.Count(log.String(), "the recording has gaps"); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, &log)
	}
	type read struct {
		n   int
		end recording.End
		err error
	}
	done := make(chan read)
	go func() {
		in, err := recording.NewReader(reader, nil)
		n := 0
		for ; err == nil; n++ {
			_, err = in.Next()
		}
		done <- read{n - 1, in.End, err}
	}()
	if err := r.close(); err != nil {
		t.Error(err)
	}
	if got := <-done; !errors.Is(got.err, io.EOF) || got.end.Gaps == 0 || got.n+int(got.end.Gaps) != snapshots {
		t.Errorf("%d snapshots are read and %d are gaps, of %d: %v", got.n, got.end.Gaps, snapshots, got.err)
	}
}
