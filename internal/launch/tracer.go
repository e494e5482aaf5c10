package launch

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// traceOptions stop a process after exec, and have the kernel trace its children.
const traceOptions = unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACECLONE

// tracer traces a command and its descendants, from one thread.
type tracer struct {
	pid    int
	execed func(pid int) (free bool)
	known  map[int]bool // threads that have been seen to stop
}

func newTracer(pid int, execed func(pid int) bool) *tracer {
	return &tracer{pid: pid, execed: execed, known: map[int]bool{pid: true}}
}

// run continues the command, which is stopped after exec, and returns when it has ended. It
// does not reap the command.
func (t *tracer) run(free bool) Status {
	t.leave(t.pid, free)
	for {
		pid, exit, err := peek()
		if err != nil { // the command is not a child any more: somebody else has reaped it
			return Status{Exit: 1}
		}
		if pid == t.pid && exit != nil {
			return *exit
		}
		var status unix.WaitStatus
		if _, err := wait4(pid, &status, unix.WNOHANG); err == nil && status.Stopped() {
			t.stopped(pid, status)
		} else {
			delete(t.known, pid)
		}
	}
}

// stopped continues a thread that has stopped.
func (t *tracer) stopped(pid int, status unix.WaitStatus) {
	known := t.known[pid]
	t.known[pid] = true
	s := status.StopSignal()
	switch {
	case status>>16 == unix.PTRACE_EVENT_EXEC:
		t.leave(pid, t.execed(pid))
	case status>>16 != 0, !known && s == unix.SIGSTOP: // it has begun a child, or is one
		t.proceed(pid, 0)
	case stops(s) && !delivers(pid): // its whole process is stopped, as by Ctrl-Z
		t.leave(pid, true)
	default:
		t.proceed(pid, s)
	}
}

// leave continues a thread. If free is set, it is no longer traced.
func (t *tracer) leave(pid int, free bool) {
	if !free {
		t.proceed(pid, 0)
		return
	}
	_ = unix.PtraceDetach(pid) // it may have been killed meanwhile
	delete(t.known, pid)
}

// proceed continues a thread, and delivers a signal to it unless that is 0.
func (t *tracer) proceed(pid int, s unix.Signal) {
	_ = unix.PtraceCont(pid, int(s)) // it may have been killed meanwhile
}

// stops reports whether a signal stops processes.
func stops(s unix.Signal) bool {
	return s == unix.SIGSTOP || s == unix.SIGTSTP || s == unix.SIGTTIN || s == unix.SIGTTOU
}

// delivers reports whether a thread has stopped for a signal that is to be delivered to it.
// Otherwise its process is stopped, and it must not be continued. Source: ptrace(2),
// "Group-stop".
func delivers(pid int) bool {
	var info unix.Siginfo
	_, _, err := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GETSIGINFO, uintptr(pid), 0, uintptr(unsafe.Pointer(&info)), 0, 0)
	return err != unix.EINVAL
}

// childInfo is siginfo_t of SIGCHLD on 64-bit machines. Source: asm-generic/siginfo.h.
type childInfo struct {
	signo, errno, code, _ int32
	pid, _, status        int32
}

// Values of childInfo.code. Source: asm-generic/siginfo.h.
const (
	childExited = 1
	childKilled = 2
	childDumped = 3
)

// ofThread is __WALL and __WNOTHREAD of linux/wait.h: it waits for all children and tracees
// of the calling thread, and for no other thread's.
const ofThread = unix.WALL | unix.WNOTHREAD

// peek waits until a child has ended or a tracee has stopped, and leaves it as it is. exit
// is nil unless it has ended.
func peek() (pid int, exit *Status, err error) {
	var signal unix.Siginfo
	err = unix.EINTR
	for errors.Is(err, unix.EINTR) {
		err = unix.Waitid(unix.P_ALL, 0, &signal, unix.WEXITED|unix.WNOWAIT|ofThread, nil)
	}
	info := (*childInfo)(unsafe.Pointer(&signal))
	switch info.code {
	case childExited:
		exit = &Status{Exit: int(info.status)}
	case childKilled, childDumped:
		exit = &Status{Signal: unix.Signal(info.status)}
	}
	return int(info.pid), exit, err
}

// wait4 waits for a child or tracee.
func wait4(pid int, status *unix.WaitStatus, options int) (int, error) {
	for {
		got, err := unix.Wait4(pid, status, options|unix.WALL, nil)
		if !errors.Is(err, unix.EINTR) {
			return got, err
		}
	}
}
