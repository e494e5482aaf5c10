package subject

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// process is a running program.
type process struct {
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner
}

// start starts an executable, which is killed when the context is done or the
// benchmark dies.
func start(ctx context.Context, path string, args, env []string) (*process, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
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
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return &process{name: path, cmd: cmd, stdin: stdin, lines: bufio.NewScanner(stdout)}, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// kill ends a process that a run has failed with.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// ready waits for "ready" and returns the address behind it.
func (p *process) ready() (address string, err error) {
	if !p.lines.Scan() {
		return "", fmt.Errorf("%s ended before it was ready", p.name)
	}
	word, address, _ := strings.Cut(p.lines.Text(), " ")
	if word != "ready" {
		return "", fmt.Errorf("%s printed %q, want ready", p.name, p.lines.Text())
	}
	return address, nil
}

// made is a program's own account of its load.
type made struct {
	Requests, Failed int
	Mean, P99        time.Duration
}

// next lets the process go on, and waits for the line that it prints then.
func (p *process) next() error {
	if _, err := io.WriteString(p.stdin, "\n"); err != nil {
		return fmt.Errorf("let %s go on: %w", p.name, err)
	}
	if !p.lines.Scan() {
		return fmt.Errorf("%s ended before it printed what it has done: %w", p.name, cmp.Or(p.lines.Err(), io.ErrUnexpectedEOF))
	}
	return nil
}

// account lets the process go on, and reads its own account of what it has done.
func (p *process) account(of any) error {
	if err := p.next(); err != nil {
		return err
	}
	if err := json.Unmarshal(p.lines.Bytes(), of); err != nil {
		return fmt.Errorf("%s printed %q: %w", p.name, p.lines.Text(), err)
	}
	return nil
}

// load lets the process make its load and returns what it has made.
func (p *process) load() (m made, err error) {
	err = p.account(&m)
	return m, err
}

// end ends the process by the end of its input, or by SIGTERM, and waits for it.
func (p *process) end(foreign bool) error {
	if foreign {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
	}
	_ = p.stdin.Close()
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if foreign && errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM {
		return nil // as etcd does, once it has shut down
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

// listening waits until something listens at the address.
func listening(ctx context.Context, address string) error {
	for {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nothing listens at %s: %w", address, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// FreeAddress is a host:port that nothing listened at a moment ago.
func FreeAddress() (string, error) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listen.Addr().String(), listen.Close()
}
