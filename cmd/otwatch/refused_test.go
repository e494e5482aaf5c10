package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// forbidden is the environment variable with a system call to refuse.
const forbidden = "OTWATCH_TEST_FORBIDDEN"

// oldKernel is the environment variable that makes the kernel report Linux 2.6.
const oldKernel = "OTWATCH_TEST_OLD_KERNEL"

// execForbidden executes the command in the arguments under a seccomp filter that
// refuses a system call, as a sandbox or a security module does.
func execForbidden(number string) {
	runtime.LockOSThread() // the filter applies to the thread that executes the command
	call, err := strconv.Atoi(number)
	if err != nil {
		panic(err)
	}
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // seccomp_data.nr
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: uint32(call)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		panic(err)
	}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0); err != nil {
		panic(err)
	}
	if os.Getenv(oldKernel) != "" {
		const uname26 = 0x0020000 // UNAME26 of linux/personality.h
		if _, _, errno := unix.Syscall(unix.SYS_PERSONALITY, uname26, 0, 0); errno != 0 {
			panic(errno)
		}
	}
	panic(syscall.Exec(os.Args[1], os.Args[1:], os.Environ()))
}

// TestRefused expects the figures that the host allows, the reasons for the others, and
// a normal end.
func TestRefused(t *testing.T) {
	testtarget.NeedRoot(t)
	for _, test := range []struct {
		name    string
		call    int
		missing map[string]string // a part of the reason for each figure
	}{
		{"perf_event_open", unix.SYS_PERF_EVENT_OPEN, map[string]string{
			"cpu.tracing": "sample CPU 0: operation not permitted; grant CAP_PERFMON", "cpu.stages": "CAP_PERFMON"}},
		{"process_vm_readv", unix.SYS_PROCESS_VM_READV, map[string]string{
			"spans.started": "kernel.yama.ptrace_scope", "processors": "kernel.yama.ptrace_scope", "export": "kernel.yama.ptrace_scope"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "0", "-spans", "1000000000")
			t.Setenv(forbidden, strconv.Itoa(test.call))
			c := attached(t, "--pid", program.PIDString(), "--duration", "2s", "--output", "json")
			program.Begin()
			if code := c.wait(); code != exitDone {
				t.Fatalf("exit code %d: %s", code, c.stderr)
			}
			r := decodeReport(t, c.stdout.String())
			why := map[string]string{}
			for _, m := range r.Missing {
				why[m.What] = m.Why
			}
			for figure, part := range test.missing {
				if !strings.Contains(why[figure], part) {
					t.Errorf("%s is missing because %q, want %q in it", figure, why[figure], part)
				}
			}
			counts, samples := why["spans.started"] == "", r.Probe.Samples > 0
			if want := test.call == unix.SYS_PERF_EVENT_OPEN; counts != want || samples == want {
				t.Errorf("%d hits, %d samples: want the one that is allowed", r.Probe.Hits, r.Probe.Samples)
			}
		})
	}
}
