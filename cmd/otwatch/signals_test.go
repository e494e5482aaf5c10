package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// signalled marks the test's own child process, which waits for untilSignal's context
// and then ends slowly.
const signalled = "OTWATCH_TEST_SIGNALLED"

func beSignalled() {
	ctx, stop := untilSignal(context.Background(), nil)
	fmt.Println("ready")
	<-ctx.Done()
	time.Sleep(2 * secondSignal)
	stop()
	os.Exit(42)
}

// TestSignals expects two signals at once to count as one, and a later second signal to
// end the process at once.
func TestSignals(t *testing.T) {
	handled := make(chan os.Signal, 1)
	signal.Notify(handled, unix.SIGHUP) // so that children do not ignore it, where nohup runs the tests
	t.Cleanup(func() { signal.Stop(handled) })
	tests := []struct {
		name          string
		first, second syscall.Signal // 0: there is none
		apart         time.Duration
		dies          bool
	}{
		{"interrupted", unix.SIGINT, 0, 0, false},
		{"terminated", unix.SIGTERM, 0, 0, false},
		{"hung up", unix.SIGHUP, 0, 0, false},
		{"twice in one moment", unix.SIGTERM, unix.SIGTERM, 0, false},
		{"two in one moment", unix.SIGINT, unix.SIGHUP, 0, false},
		{"twice", unix.SIGTERM, unix.SIGTERM, secondSignal + secondSignal/5, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), signalled+"=1")
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := out.Read(make([]byte, 8)); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Process.Signal(test.first)
			if test.second != 0 {
				time.Sleep(test.apart)
				_ = cmd.Process.Signal(test.second)
			}
			_ = cmd.Wait()
			status := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if died := status.Signaled() && status.Signal() == test.second; died != test.dies || !died && status.ExitStatus() != 42 {
				t.Errorf("it ended with %v", cmd.ProcessState)
			}
		})
	}
}

// TestNohup expects SIGHUP to stay ignored under nohup(1).
func TestNohup(t *testing.T) {
	cmd := exec.Command("nohup", os.Args[0])
	cmd.Env = append(os.Environ(), signalled+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Signal(unix.SIGHUP)
	time.Sleep(200 * time.Millisecond)
	sent := time.Now()
	_ = cmd.Process.Signal(unix.SIGTERM)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 42 || time.Since(sent) < 2*secondSignal {
		t.Errorf("it ended with %v %v after SIGTERM", cmd.ProcessState, time.Since(sent))
	}
}
