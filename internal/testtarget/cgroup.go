package testtarget

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Cgroup is the directory of a cgroup with a CPU quota.
type Cgroup string

const quotaPeriod = 100_000 // microseconds

// NewCgroup makes a cgroup that may use so many CPUs. It is removed with the test, when its
// processes have ended.
func NewCgroup(t testing.TB, cpus float64) Cgroup {
	t.Helper()
	root, version1 := "/sys/fs/cgroup", false
	if _, err := os.Stat(root + "/cpu/cpu.cfs_quota_us"); err == nil {
		root, version1 = root+"/cpu", true
	}
	dir, err := os.MkdirTemp(root, "otwatch-test-")
	if err != nil {
		t.Fatal(err)
	}
	c := Cgroup(dir)
	t.Cleanup(func() {
		if err := os.Remove(string(c)); err != nil {
			t.Error(err)
		}
	})
	quota := int(cpus * quotaPeriod)
	if version1 {
		c.write(t, "cpu.cfs_period_us", strconv.Itoa(quotaPeriod))
		c.write(t, "cpu.cfs_quota_us", strconv.Itoa(quota))
	} else {
		c.write(t, "cpu.max", fmt.Sprint(quota, quotaPeriod))
	}
	return c
}

// Join moves a process into the cgroup.
func (c Cgroup) Join(t testing.TB, pid int) {
	t.Helper()
	c.write(t, "cgroup.procs", strconv.Itoa(pid))
}

func (c Cgroup) write(t testing.TB, file, content string) {
	t.Helper()
	err := os.WriteFile(filepath.Join(string(c), file), []byte(content), 0)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("KERNEL TEST NOT RUN: the cpu controller is not on in the root cgroup: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
