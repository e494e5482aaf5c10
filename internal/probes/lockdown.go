package probes

import (
	"errors"
	"os"
	"strings"
)

// errLockedDown means that the kernel does not let BPF programs read kernel memory.
// otwatch's programs do not, but the library that loads them takes the refusal for a
// kernel before 5.5, and makes them use a helper that reads both. Source: cilium/ebpf
// linker.go, fixupProbeReadKernel.
var errLockedDown = errors.New("lockdown=confidentiality prevents loading BPF programs; boot with lockdown=integrity or without lockdown")

const lockdownPath = "/sys/kernel/security/lockdown"

// lockedDown parses the state, such as
//
//	none integrity [confidentiality]
func lockedDown(state string) error {
	if strings.Contains(state, "[confidentiality]") {
		return errLockedDown
	}
	return nil
}

// checkLockdown returns nil if the kernel does not say.
func checkLockdown() error {
	state, err := os.ReadFile(lockdownPath)
	if err != nil {
		return nil
	}
	return lockedDown(string(state))
}
