package target

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/testprogram"
	"github.com/otwatch/otwatch/internal/untrusted"
)

var restless = testprogram.Variant{Program: "restless"}

// startRestless runs the program that replaces itself, and returns a function that
// waits until it is ready, again.
func startRestless(t *testing.T, args ...string) (pid int, ready func()) {
	t.Helper()
	command := exec.Command(testprogram.Build(t, restless), args...)
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { input.Close(); _ = command.Process.Kill(); _ = command.Wait() })
	lines := bufio.NewReader(output)
	return command.Process.Pid, func() {
		t.Helper()
		if line, err := lines.ReadString('\n'); line != "ready\n" {
			t.Fatalf("restless says %q: %v", line, err)
		}
	}
}

// TestReplacedByItself is the case that shows in neither pid, start time, pidfd
// nor executable.
func TestReplacedByItself(t *testing.T) {
	pid, ready := startRestless(t, "-rate", "0", "-exec-in", "300ms")
	ready()
	p, err := Open(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Replaced() {
		t.Error("replaced before it was")
	}
	ready()
	if !p.Replaced() {
		t.Error("not replaced after it was")
	}
	select {
	case <-p.Done():
		t.Error("it is said to have ended")
	default:
	}
	again, err := Open(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.StartTicks != p.StartTicks || again.Replaced() {
		t.Errorf("started at %d, then %d; replaced: %v", p.StartTicks, again.StartTicks, again.Replaced())
	}
}

// TestReplacedWithoutMemory is what is left where memory may not be read.
func TestReplacedWithoutMemory(t *testing.T) {
	pid, ready := startRestless(t, "-rate", "0", "-exec-in", "300ms", "-become", "/bin/cat")
	ready()
	calls := &untrusted.Calls{Limit: callLimit}
	p := openProgram(pid, calls)
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	p.memory = nil
	if !p.runs() {
		t.Error("replaced before it was")
	}
	for deadline := time.Now().Add(patience); p.runs(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not replaced after it was")
		}
	}
}

// TestStarting refuses a Go program whose runtime has not begun: one that is held
// at its first instruction, as a debugger does it.
func TestStarting(t *testing.T) {
	command := exec.Command(testprogram.Build(t, restless))
	command.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	held, release, ended := make(chan error), make(chan struct{}), make(chan error, 1)
	go hold(command, held, release, ended)
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	if _, err := Open(command.Process.Pid); !errors.Is(err, ErrStarting) {
		t.Errorf("opened at its first instruction: %v, want %v", err, ErrStarting)
	}
	close(release)
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		p, err := Open(command.Process.Pid)
		if err == nil {
			p.Close()
			break
		}
		if !errors.Is(err, ErrStarting) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	input.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// hold starts a program, holds it at its first instruction until release, and
// waits for its end. All that is one thread's to do.
func hold(command *exec.Cmd, held chan<- error, release <-chan struct{}, ended chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := command.Start(); err != nil {
		held <- err
		return
	}
	_, err := unix.Wait4(command.Process.Pid, nil, 0, nil)
	held <- err
	<-release
	if err := unix.PtraceDetach(command.Process.Pid); err != nil {
		ended <- err
		return
	}
	ended <- command.Wait()
}
