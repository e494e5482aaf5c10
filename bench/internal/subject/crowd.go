package subject

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// Restless is the program of which a Crowd has many.
var Restless = Program{Package: "./testdata/targets/restless"}

// Crowd is many running processes. Disperse it.
type Crowd struct {
	members []*exec.Cmd
	inputs  []io.Closer
}

// Gather starts so many processes of an executable, whose output goes nowhere. They
// end when their input does, or else are killed.
func Gather(ctx context.Context, n int, path string, args ...string) (*Crowd, error) {
	crowd := &Crowd{}
	for range n {
		cmd := exec.CommandContext(ctx, path, args...)
		cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		input, err := cmd.StdinPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start %s: %w", path, err), crowd.Disperse())
		}
		crowd.members, crowd.inputs = append(crowd.members, cmd), append(crowd.inputs, input)
	}
	return crowd, nil
}

// GatherTraced starts so many restless programs, that export to the Bench.
func (b *Bench) GatherTraced(ctx context.Context, n int, args ...string) (*Crowd, error) {
	path, err := b.Executable(Restless)
	if err != nil {
		return nil, err
	}
	overGRPC, _ := b.otlp.endpoints()
	return Gather(ctx, n, path, append([]string{"-endpoint", overGRPC}, args...)...)
}

// PID is the process id of the nth.
func (c *Crowd) PID(n int) int { return c.members[n].Process.Pid }

// Disperse ends all processes, and fails if one had ended, or ends, by a fault.
func (c *Crowd) Disperse() error {
	var errs []error
	for i, member := range c.members {
		_ = c.inputs[i].Close()
		var exit *exec.ExitError
		if err := member.Wait(); err != nil && !(errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled()) {
			errs = append(errs, fmt.Errorf("pid %d: %w", member.Process.Pid, err))
		}
	}
	c.members = nil
	return errors.Join(errs...)
}
