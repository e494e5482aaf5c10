package page

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// Machine describes this machine in one line: processor, cores, kernel, Go.
func Machine() (string, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return "", fmt.Errorf("what machine is this: %w", err)
	}
	cpus, err := fs.CPUInfo()
	if err != nil {
		return "", fmt.Errorf("what machine is this: %w", err)
	}
	var uname unix.Utsname
	if err := unix.Uname(&uname); err != nil {
		return "", fmt.Errorf("what kernel is this: %w", err)
	}
	model := runtime.GOARCH
	if len(cpus) > 0 && cpus[0].ModelName != "" {
		model = cpus[0].ModelName
	}
	return fmt.Sprintf("%s, %d cores, Linux %s, %s", model, runtime.NumCPU(), unix.ByteSliceToString(uname.Release[:]), runtime.Version()), nil
}

// Measured returns the date and the revision of the source that a row was measured
// with.
func Measured(now time.Time) string {
	return strings.TrimSpace(now.UTC().Format(time.DateOnly) + " " + revision())
}

// revision returns the commit of the source, with a + if files have changed since.
// Changes in docs, which runs write, do not count. It is "" without git.
func revision() string {
	commit, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return ""
	}
	revision := strings.TrimSpace(string(commit))
	if exec.Command("git", "diff", "--quiet", "HEAD", "--", ":/", ":!/docs").Run() != nil {
		revision += "+"
	}
	return revision
}
