package hostile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// limit is a memory cgroup, or where the host gives none, a limit of the address space.
type limit struct {
	bytes int64
	procs string // file to write a pid to; empty without a cgroup
}

// hierarchies are where a memory cgroup may be made, and the file with its limit.
var hierarchies = []struct{ dir, file string }{
	{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}, // version 1
	{"/sys/fs/cgroup", "memory.max"},
}

// newLimit makes a cgroup for the test.
func newLimit(t *testing.T, bytes int64) limit {
	t.Helper()
	for _, h := range hierarchies {
		dir := filepath.Join(h.dir, fmt.Sprintf("hostile-%d-%d", os.Getpid(), time.Now().UnixNano()))
		if !isCgroup(h.dir) || os.Mkdir(dir, 0o755) != nil {
			continue
		}
		t.Cleanup(func() { removeCgroup(t, dir) })
		if os.WriteFile(filepath.Join(dir, h.file), fmt.Append(nil, bytes), 0) == nil {
			return limit{bytes, filepath.Join(dir, "cgroup.procs")}
		}
	}
	t.Log("this host gives no memory cgroup: the address space is limited instead")
	return limit{bytes: bytes}
}

// isCgroup tells a hierarchy from the directory that has those of version 1.
func isCgroup(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "cgroup.procs"))
	return err == nil
}

// removeCgroup waits until what was killed is gone.
func removeCgroup(t *testing.T, dir string) {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := os.Remove(dir)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("remove cgroup: %v", err)
			return
		}
	}
}

// addressSpace is what the Go runtime reserves and does not use.
const addressSpace = 2 << 30

// wrap is the command under the limit, as a shell starts it. files is the limit of
// descriptors, 0 for the usual one.
func (l limit) wrap(files int, args ...string) []string {
	var script strings.Builder
	if l.procs != "" {
		fmt.Fprintf(&script, "echo $$ > %s && ", l.procs)
	} else {
		fmt.Fprintf(&script, "ulimit -v %d && ", (l.bytes+addressSpace)>>10)
	}
	if files > 0 {
		fmt.Fprintf(&script, "ulimit -n %d && ", files)
	}
	return append([]string{"sh", "-c", script.String() + `exec "$@"`, "sh"}, args...)
}
