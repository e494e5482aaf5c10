package target

import (
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// CPUQuota is a CPU quota that holds for a process.
type CPUQuota struct {
	CPUs float64 // that it allows
	dir  cgroupDir
}

// CPUQuotas are the CPU quotas that hold for a process: that of its cgroup and those of the
// cgroups above it, innermost first.
func CPUQuotas(pid int) ([]CPUQuota, error) {
	process, err := procfs.NewProc(pid)
	if err != nil {
		return nil, err
	}
	cgroups, err := process.Cgroups()
	if err != nil {
		return nil, err
	}
	return cpuQuotas(os.DirFS("/"), cgroups), nil
}

func cpuQuotas(root fs.FS, cgroups []procfs.Cgroup) (quotas []CPUQuota) {
	for _, dir := range cgroupDirs(cgroups, "cpu") {
		if cpus := dir.cpus(root); cpus > 0 {
			quotas = append(quotas, CPUQuota{CPUs: cpus, dir: dir})
		}
	}
	return quotas
}

// cpus is how many CPUs a cgroup's own quota allows, 0 if it has none. Version 2 has quota
// and period in cpu.max, in microseconds, version 1 in two files, where -1 is no quota.
//
//	20000 100000
//	max 100000
func (d cgroupDir) cpus(root fs.FS) float64 {
	quota, period, _ := strings.Cut(strings.TrimSpace(d.read(root, "cpu.max")), " ")
	if d.v1 {
		quota, period = d.read(root, "cpu.cfs_quota_us"), d.read(root, "cpu.cfs_period_us")
	}
	of := parseLimit(period)
	if of == 0 {
		return 0
	}
	return float64(parseLimit(quota)) / float64(of)
}

// Used is how the quota has been used since its cgroup was made. ok is false if the cgroup
// cannot be read.
func (q CPUQuota) Used() (used snapshot.Quota, ok bool) { return q.used(os.DirFS("/")) }

// used reads cpu.stat. Source: Documentation/scheduler/sched-bwc.rst.
//
//	nr_periods 409
//	nr_throttled 391
//	throttled_time 35201930144     version 1, in nanoseconds
//	throttled_usec 35201930        version 2
func (q CPUQuota) used(root fs.FS) (used snapshot.Quota, ok bool) {
	used.CPUs = q.CPUs
	for line := range strings.Lines(q.dir.read(root, "cpu.stat")) {
		name, value, _ := strings.Cut(line, " ")
		switch n := parseLimit(value); name {
		case "nr_periods":
			used.Periods, ok = n, true
		case "nr_throttled":
			used.Throttled = n
		case "throttled_time":
			used.Withheld = time.Duration(n)
		case "throttled_usec":
			used.Withheld = time.Duration(n) * time.Microsecond
		}
	}
	return used, ok
}
