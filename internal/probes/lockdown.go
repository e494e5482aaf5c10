package probes

import (
	"errors"
	"os"
	"strings"
)

// errLockedDown is a kernel in which BPF programs may not read the kernel's
// memory. Ours do not, but the library that loads them takes the refusal for a
// kernel from before 5.5, and has them use a helper that reads both.
// Source: cilium/ebpf linker.go, fixupProbeReadKernel.
var errLockedDown = errors.New("lockdown=confidentiality prevents loading BPF programs; boot with lockdown=integrity or without lockdown")

const lockdownPath = "/sys/kernel/security/lockdown"

// lockedDown reads what looks like
//
//	none integrity [confidentiality]
func lockedDown(state string) error {
	if strings.Contains(state, "[confidentiality]") {
		return errLockedDown
	}
	return nil
}

// checkLockdown is nil where the kernel does not say.
func checkLockdown() error {
	state, err := os.ReadFile(lockdownPath)
	if err != nil {
		return nil
	}
	return lockedDown(string(state))
}
