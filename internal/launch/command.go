package launch

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Why a command cannot be started, for errors.Is.
var (
	ErrNotFound      = errors.New("command not found")
	ErrNotExecutable = errors.New("cannot be executed")
)

// Command is a command that was started. Its methods are for one goroutine, except Signal.
type Command struct {
	PID    int
	follow chan followed
	ended  chan Status
}

// followed is how a Command is followed, see Follow.
type followed struct {
	free   bool
	execed func(pid int) (free bool)
}

// Start starts a command with the environment, directory and standard streams of otwatch.
// It is stopped before its first instruction.
func Start(args []string) (*Command, error) {
	path, err := exec.LookPath(args[0])
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", args[0], ErrNotFound)
	case err != nil && !errors.Is(err, exec.ErrDot): // a directory of PATH may be relative, as for a shell
		return nil, fmt.Errorf("%s: %w: %w", args[0], ErrNotExecutable, errors.Unwrap(err))
	}
	c := &Command{follow: make(chan followed), ended: make(chan Status, 1)}
	started := make(chan error)
	onThreadOfItsOwn(func() { c.trace(path, args, started) })
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s: %w", args[0], err)
	}
	return c, nil
}

// onThreadOfItsOwn runs f in a goroutine, on a thread that ends with it: then the kernel no
// longer traces what the thread has traced. The process's first thread would not end.
func onThreadOfItsOwn(f func()) {
	go func() {
		runtime.LockOSThread() // and never unlock it
		if unix.Gettid() != os.Getpid() {
			f()
			return
		}
		onThreadOfItsOwn(f) // this thread is locked, so it gets another one
		select {}
	}()
}

// trace starts the command and traces it until it ends.
func (c *Command) trace(path string, args []string, started chan<- error) {
	err := c.start(path, args)
	started <- err
	if err != nil {
		return
	}
	if f, ok := <-c.follow; ok {
		c.ended <- newTracer(c.PID, f.execed).run(f.free)
	}
}

// start starts the command and waits until it is stopped.
func (c *Command) start(path string, args []string) (err error) {
	defer inheritable(unix.SIGPIPE)()
	c.PID, err = syscall.ForkExec(path, args, &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{Ptrace: true},
	})
	switch {
	case errors.Is(err, unix.EPERM) && os.Geteuid() == 0:
		return fmt.Errorf("%w; otwatch run needs ptrace(2), which Yama's ptrace_scope of 3 and some seccomp profiles forbid", err)
	case errors.Is(err, unix.ENOENT): // the interpreter of a script
		return fmt.Errorf("%w: its interpreter does not exist", ErrNotFound)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrNotExecutable, err)
	}
	var status unix.WaitStatus
	if _, err := wait4(c.PID, &status, 0); err != nil {
		return os.NewSyscallError("wait4", err)
	}
	if !status.Stopped() {
		return fmt.Errorf("it ended before its first instruction: %v", statusOf(status))
	}
	if err := unix.PtraceSetOptions(c.PID, traceOptions); err != nil {
		c.Kill()
		c.Reap()
		return os.NewSyscallError("ptrace", err)
	}
	return nil
}

// inheritable has programs that are started get the default action of a signal that otwatch
// ignores. The function that it returns has otwatch ignore the signal again.
func inheritable(s os.Signal) (undo func()) {
	if !signal.Ignored(s) {
		return func() {}
	}
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, s)
	return func() { signal.Ignore(s) }
}

// Follow lets the command run until it ends. free says that it needs no tracing any more.
// Whenever the command, or a descendant, has executed a program, Follow calls execed while
// the process is stopped before the program's first instruction; if that returns true, the
// process runs free from then on. Until Reap is called the command is a zombie, so that
// what it has used can be read.
func (c *Command) Follow(free bool, execed func(pid int) (free bool)) Status {
	c.follow <- followed{free, execed}
	return <-c.ended
}

// Kill ends a command that is not followed.
func (c *Command) Kill() {
	close(c.follow)
	_ = unix.Kill(c.PID, unix.SIGKILL) // it cannot have ended
}

// Signal sends a signal to the command. One that has been reaped must not get any.
func (c *Command) Signal(s os.Signal) {
	_ = unix.Kill(c.PID, s.(unix.Signal)) // it may be a zombie, or another user's by now
}

// Reap has the kernel forget the command, which has ended or is about to.
func (c *Command) Reap() {
	var status unix.WaitStatus
	_, _ = wait4(c.PID, &status, 0) // nothing else can be tried
}
