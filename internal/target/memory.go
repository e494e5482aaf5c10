package target

import (
	"io/fs"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// usableMemory is how many bytes of memory a process may use: the least of the machine's
// memory, the limits of its cgroups and its GOMEMLIMIT; 0 if none is known. root is the
// file system.
func usableMemory(root fs.FS, environ []string, cgroups []procfs.Cgroup) uint64 {
	least := uint64(0)
	for _, limit := range append(cgroupLimits(root, cgroups), totalMemory(root), goLimit(getenv(environ, "GOMEMLIMIT"))) {
		if limit > 0 && (least == 0 || limit < least) {
			least = limit
		}
	}
	return least
}

// totalMemory is the machine's memory.
//
//	MemTotal:       24689096 kB
func totalMemory(root fs.FS) uint64 {
	content, _ := fs.ReadFile(root, "proc/meminfo")
	_, rest, _ := strings.Cut(string(content), "MemTotal:")
	line, _, _ := strings.Cut(rest, "kB")
	return parseLimit(line) << 10
}

// cgroupLimits are the limits of a process's cgroups and of those above them.
func cgroupLimits(root fs.FS, cgroups []procfs.Cgroup) (limits []uint64) {
	for _, dir := range cgroupDirs(cgroups, "memory") {
		limits = append(limits, parseLimit(dir.read(root, dir.either("memory.max", "memory.limit_in_bytes"))))
	}
	return limits
}

// goLimit reads GOMEMLIMIT, as in 512MiB. Source: runtime/mgcpacer.go,
// parseByteCount.
func goLimit(text string) uint64 {
	text = strings.TrimSuffix(text, "B")
	for shift, unit := range []string{"Ki", "Mi", "Gi", "Ti"} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			return parseLimit(number) << (10 * (shift + 1))
		}
	}
	return parseLimit(text)
}

// parseLimit returns 0 for anything but a number, such as max and off.
func parseLimit(text string) uint64 {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
