package host

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Kept is what otwatch still does after it has attached, which decides the capabilities
// that it keeps.
type Kept struct {
	// PerfEvents: probes are placed as perf events, for which kernels require more than
	// for uprobe_multi.
	PerfEvents bool
	// Files: files are still to be written, wherever the user wants them.
	Files bool
}

// mask has a bit for each capability that is kept. They are needed to read maps with
// bpf(2), to place probes again, for which the executable is opened, and to read queues
// from memory.
func (k Kept) mask() uint64 {
	mask := bit(unix.CAP_BPF) | bit(unix.CAP_PERFMON) | bit(unix.CAP_SYS_PTRACE) | bit(unix.CAP_DAC_READ_SEARCH)
	if k.PerfEvents {
		mask |= bit(unix.CAP_SYS_ADMIN)
	}
	if k.Files {
		mask |= bit(unix.CAP_DAC_OVERRIDE)
	}
	return mask
}

func bit(capability int) uint64 { return 1 << capability }

// DropPrivileges gives up all capabilities that are not kept, on every thread and
// irrevocably, and makes sure that executing a program does not bring any back.
func DropPrivileges(keep Kept) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return fmt.Errorf("read otwatch's capabilities: %w", err)
	}
	for i := range sets {
		mask := uint32(keep.mask() >> (32 * i))
		sets[i].Effective &= mask
		sets[i].Permitted &= mask
		sets[i].Inheritable = 0
	}
	_, _, noNew := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	_, _, lower := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&sets[0])), 0)
	if err := errors.Join(failed(noNew), failed(lower)); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}

// failed returns nil for the number that means success.
func failed(number syscall.Errno) error {
	if number == 0 {
		return nil
	}
	return number
}
