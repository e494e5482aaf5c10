package probes

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// KernelRelease is the kernel's release, such as 6.12.118+deb13-cloud-amd64.
func KernelRelease() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "of an unknown release"
	}
	return unix.ByteSliceToString(name.Release[:])
}

// kernelIsOld reports whether the kernel's age explains an error. Nothing else depends on
// it: what a kernel supports is found by trying.
func kernelIsOld() bool { return before(KernelRelease(), 5, 10) }

// before reports whether a release is known to be older than a version.
func before(release string, major, minor int) bool {
	var a, b int
	if n, _ := fmt.Sscanf(release, "%d.%d", &a, &b); n != 2 {
		return false
	}
	return a < major || a == major && b < minor
}
