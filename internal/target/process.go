package target

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Process is one running process and its executable. Close releases the descriptors of
// both.
type Process struct {
	PID        int
	StartTicks uint64 // field 22 of /proc/PID/stat
	Exe        string // path as the process sees it, for display; it may lead to another file here
	Identity
	Memory uint64 // bytes that it may use, 0 if not known
	Binary *gobinary.Binary
	Bias   uint64 // what to add to an address of Binary to get one in the process
	// FromStart says that it was examined before the first instruction of its program.
	FromStart bool

	calls      untrusted.Calls
	pidfd      *os.File
	program    program
	executable *executable
	release    func() // of executable; nil before there is one
	done       chan struct{}
	watching   sync.WaitGroup
}

// Open examines a process. An Error means that it cannot be observed. Other errors come
// from reading /proc, and match fs.ErrPermission where rights are missing.
func Open(pid int) (*Process, error) {
	var own Executables
	defer own.Close() // of what the Process does not use
	return own.Open(pid)
}

// Open is the function Open with a cache of executables.
func (x *Executables) Open(pid int) (*Process, error) { return x.openOther(pid, false) }

// OpenStopped is Open for a process that is stopped before the first instruction of its
// program.
func (x *Executables) OpenStopped(pid int) (*Process, error) { return x.openOther(pid, true) }

func (x *Executables) openOther(pid int, stopped bool) (*Process, error) {
	if pid == os.Getpid() {
		return nil, &Error{PID: pid, Kind: ErrSelf, Says: " is otwatch itself; choose another process"}
	}
	if err := ofGuard(pid); err != nil {
		return nil, err
	}
	return x.open(pid, stopped)
}

// Self examines otwatch itself, to measure the cost of watching.
func Self() (*Process, error) {
	var own Executables
	defer own.Close()
	return own.open(os.Getpid(), false)
}

func (x *Executables) open(pid int, stopped bool) (*Process, error) {
	proc, owner, err := leader(pid)
	if err != nil {
		return nil, err
	}
	p := &Process{PID: pid, FromStart: stopped, calls: untrusted.Calls{Limit: callLimit, Owner: owner}, done: make(chan struct{})}
	if p.pidfd, err = openPidfd(pid); err != nil {
		return nil, explain(err, pid)
	}
	if err := p.examine(proc, x); err != nil {
		ended := p.Ended()
		p.Close()
		if ended && !errors.Is(err, ErrZombie) {
			return nil, endedWhileExamined(pid)
		}
		return nil, explain(err, pid)
	}
	p.watching.Go(p.watch)
	return p, nil
}

// leader returns the process with a pid, and the user who runs it. The pid of a thread,
// which /proc has a directory for too, is an error.
func leader(pid int) (_ procfs.Proc, owner uint32, err error) {
	proc, err := procfs.NewProc(pid)
	if errors.Is(err, fs.ErrNotExist) {
		return proc, 0, noProcess(pid)
	}
	if err != nil {
		return proc, 0, explain(err, pid)
	}
	status, err := proc.NewStatus()
	if err != nil {
		return proc, 0, explain(err, pid)
	}
	if status.TGID != pid {
		return proc, 0, &Error{PID: pid, Kind: ErrThread,
			Says: fmt.Sprintf(" is a thread of process %d; use --pid %d", status.TGID, status.TGID)}
	}
	return proc, uint32(status.UIDs[0]), nil // the real one: a process that cannot be dumped is shown as root's
}

// Owner is the user who runs a process.
func Owner(pid int) (uid uint32, err error) {
	_, uid, err = leader(pid)
	return uid, err
}

// explain adds the process and the usual remedy to an error from /proc; for a process
// that has ended it returns an Error of that Kind.
func explain(err error, pid int) error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return err
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ESRCH):
		return endedWhileExamined(pid)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("pid %d: %w; run as root or grant CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH", pid, err)
	}
	return fmt.Errorf("pid %d: %w", pid, err)
}

// openPidfd returns a descriptor that becomes readable when the process ends. It is
// non-blocking: Go's poller waits for it, and Close ends the wait.
func openPidfd(pid int) (*os.File, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, os.NewSyscallError("pidfd_open", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), fmt.Sprintf("pidfd of %d", pid)), nil
}

// examine sets every field. If it succeeds, everything was read from one process that ran
// one executable.
func (p *Process) examine(proc procfs.Proc, executables *Executables) error {
	stat, err := proc.Stat()
	if err != nil {
		return err
	}
	switch {
	case stat.State == "Z" || stat.State == "X":
		return &Error{PID: p.PID, Kind: ErrZombie,
			Says: fmt.Sprintf(" (zombie): it has ended and waits for its parent, pid %d, to collect it", stat.PPID)}
	case isKernelThread(stat):
		return &Error{PID: p.PID, Exe: stat.Comm, Kind: gobinary.ErrNotGo, Says: " is a kernel thread; it runs no program"}
	}
	p.StartTicks = stat.Starttime
	if p.Exe, err = Executable(p.PID); err != nil {
		return err
	}
	file, err := p.calls.Open(exePath(p.PID))
	if err != nil {
		return err
	}
	defer file.Close()
	id, err := fileIDOf(file)
	if err != nil {
		return err
	}
	p.program = openProgram(p.PID, &p.calls)
	if p.executable, p.release, err = executables.use(id, file, p.calls.Owner); err != nil {
		return ofProcess(p.orInPlugin(err), p.PID, p.Exe)
	}
	p.Binary = p.executable.binary
	if !p.FromStart {
		if err := p.begun(stat); err != nil {
			return err
		}
	}
	if err := p.locate(); err != nil {
		return err
	}
	if err := p.identify(proc, stat.PPID); err != nil {
		return err
	}
	return p.unchanged(id)
}

func isKernelThread(stat procfs.ProcStat) bool {
	const kthread = 0x00200000 // PF_KTHREAD of linux/sched.h
	return stat.Flags&kthread != 0
}

func (p *Process) locate() (err error) {
	p.Bias, err = untrusted.Get(&p.calls, func() (uint64, error) { return loadBias(p.Binary, p.PID) }, nil)
	if err != nil {
		return ofProcess(err, p.PID, p.Exe)
	}
	p.program.address = int64(p.Binary.Text + p.Bias)
	return nil
}

func (p *Process) identify(proc procfs.Proc, parent int) error {
	environ, err := untrusted.Get(&p.calls, proc.Environ, nil)
	if err != nil {
		return err
	}
	cgroups, err := proc.Cgroups()
	if err != nil {
		return err
	}
	p.Identity = identity(environ, cgroups, p.Exe, parent == 1)
	p.Started = sinceBoot(p.StartTicks)
	p.Memory = usableMemory(os.DirFS("/"), environ, cgroups)
	return nil
}

// unchanged makes sure that the process has neither ended, after which another one may
// have its pid, nor replaced its program.
func (p *Process) unchanged(examined FileID) error {
	now, err := statID(unix.AT_FDCWD, exePath(p.PID))
	if err != nil {
		return err
	}
	if now != examined {
		return replacedProgram(p.PID, p.Exe)
	}
	return p.Same()
}

// ProbePath is a path of the executable that was examined, for placing probes. It does
// not go by the pid: by the time it is used the process may run another program, in which
// the probes would be misplaced. It fails if the executable was overwritten in place.
func (p *Process) ProbePath() (string, error) {
	file := p.executable.file
	now, err := fileIDOf(file)
	if err != nil {
		return "", err
	}
	if now != p.executable.id {
		return "", &Error{PID: p.PID, Exe: p.Exe, Kind: ErrReplaced, Says: " was overwritten in place"}
	}
	return fmt.Sprintf("/proc/self/fd/%d", file.Fd()), nil
}

func exePath(pid int) string { return fmt.Sprintf("/proc/%d/exe", pid) }

// Done is closed when the process ends. It stays open if Close is called before.
func (p *Process) Done() <-chan struct{} { return p.done }

func (p *Process) watch() {
	connection, err := p.pidfd.SyscallConn()
	if err != nil {
		return // closed already
	}
	if connection.Read(readable) == nil {
		close(p.done)
	}
}

// UID is the user who runs the process.
func (p *Process) UID() uint32 { return p.calls.Owner }

// Ended reports whether the process has ended. Until it has, no other process has its
// pid.
func (p *Process) Ended() bool {
	ended := false
	connection, err := p.pidfd.SyscallConn()
	if err != nil {
		return false
	}
	_ = connection.Control(func(fd uintptr) { ended = readable(fd) })
	return ended
}

// readable reports, without waiting, whether the process of a pidfd has ended.
func readable(fd uintptr) bool {
	set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(set, 0)
	for errors.Is(err, unix.EINTR) {
		n, err = unix.Poll(set, 0)
	}
	return n > 0
}

// Close releases everything. Binary can no longer be read. Close may be called twice.
func (p *Process) Close() error {
	err := errors.Join(p.pidfd.Close(), p.program.close())
	if p.release != nil {
		p.release()
	}
	p.watching.Wait()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
