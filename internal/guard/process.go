package guard

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Name is the name of a guard's process, and its only argument.
const Name = "otwatch-guard"

// The guard's descriptors beside the standard ones.
const (
	socketFD = 3
	tableFD  = 4
)

// init turns a process that was started as a guard into one, before anything else of the
// program runs. It does so in every program with this package, tests included.
func init() {
	if len(os.Args) == 1 && os.Args[0] == Name && isGuardSocket(socketFD) {
		os.Exit(become())
	}
}

// isGuardSocket reports whether a descriptor is one end of a socketPair.
func isGuardSocket(fd int) bool {
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	kind, kindErr := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	return err == nil && kindErr == nil && domain == unix.AF_UNIX && kind == unix.SOCK_SEQPACKET
}

// become runs the guard, and returns the exit code of its process.
func become() int {
	signal.Ignore(unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGPIPE)
	partner, err := newPartner(os.Getppid())
	if err != nil {
		return 1
	}
	table, err := mapTable(tableFD)
	if err != nil {
		return 1
	}
	unix.CloseOnExec(socketFD)
	conn, err := connect(os.NewFile(socketFD, "guard"))
	if err != nil {
		return 1
	}
	confine()
	newKeeper(conn, table, partner).run()
	return 0
}

// confine gives up all capabilities, and raises its priority: the guard is needed when
// its partner does not get to run. What the kernel refuses is ignored.
func confine() {
	_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(unsafe.StringData(Name+"\x00"))), 0, 0, 0)
	_ = unix.Setpriority(unix.PRIO_PGRP, 0, -20)
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	_, _, _ = syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	_, _, _ = syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none[0])), 0)
}

// spawn starts a guard's process, in a session of its own.
func spawn(socket, table *os.File) (*exec.Cmd, error) {
	process := exec.Command("/proc/self/exe")
	process.Args = []string{Name}
	process.Env = []string{"GOMAXPROCS=1", "GOGC=10"} // few threads, little memory
	process.Dir = "/"
	process.ExtraFiles = []*os.File{socket, table}
	process.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("start the guard's process: %w", err)
	}
	return process, nil
}
