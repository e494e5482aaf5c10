package testtarget

import (
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// Restless is a restless program that runs: it starts children, replaces itself and ends
// as its arguments say. See testdata/targets/restless.
type Restless struct {
	cmd   *exec.Cmd
	stdin io.Closer
}

// RestlessExecutable is the path of the restless program, built at the first call.
func RestlessExecutable(t testing.TB) string {
	t.Helper()
	return executable(t, "restless")
}

// StartRestless starts a restless program, without waiting for it.
func StartRestless(t testing.TB, args ...string) *Restless {
	t.Helper()
	cmd := exec.Command(RestlessExecutable(t), args...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &Restless{cmd: cmd, stdin: stdin}
}

// PID is the program's process id.
func (r *Restless) PID() int { return r.cmd.Process.Pid }

// Kill ends the program at once.
func (r *Restless) Kill() { _ = r.cmd.Process.Kill() }

// Wait returns how the program ended: nil if by itself, or because of Kill.
func (r *Restless) Wait() error {
	err := r.cmd.Wait()
	r.stdin.Close()
	if status, ok := r.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
		return nil
	}
	return err
}
