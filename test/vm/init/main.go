//go:build linux

// Command init is the first process of a test machine. It mounts what programs
// expect, runs the scripts' lines of /suites one after the other, and switches
// the machine off. Called as go, it stands in for the toolchain that the machine
// does not have: go build hands out a program that was built before.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

func main() {
	if filepath.Base(os.Args[0]) == "go" {
		if err := handOut(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := prepare(); err != nil {
		fmt.Println("otwatch-vm:", err)
	} else if runSuites() {
		fmt.Println("otwatch-vm: all done")
	}
	unix.Sync()
	fmt.Println("otwatch-vm: cannot power off:", unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF))
	select {}
}

// mounts are file systems by place; what a kernel does not have is no failure
// here, but of the tests that need it.
var mounts = []struct{ kind, at string }{
	{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"},
	{"tracefs", "/sys/kernel/tracing"}, {"bpf", "/sys/fs/bpf"}, {"securityfs", "/sys/kernel/security"}, {"cgroup2", "/sys/fs/cgroup"},
}

func prepare() error {
	for _, m := range mounts {
		_ = os.MkdirAll(m.at, 0o755)
		if err := unix.Mount(m.kind, m.at, m.kind, 0, ""); err != nil {
			fmt.Printf("otwatch-vm: mount %s on %s: %v\n", m.kind, m.at, err)
		}
	}
	for name, value := range map[string]string{"PATH": "/bin", "HOME": "/tmp", "TMPDIR": "/tmp", "OTWATCH_KERNEL_TESTS": "required", "OTWATCH_EMULATED": "1"} {
		os.Setenv(name, value)
	}
	return loopbackUp()
}

// loopbackUp switches 127.0.0.1 on, which is off when a kernel starts.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	loopback, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	loopback.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, loopback)
}

// runSuites runs every line of /suites: a directory, and a command to run in it.
// It reports whether each ran to its end, well or not.
func runSuites() bool {
	list, err := os.ReadFile("/suites")
	if err != nil {
		fmt.Println("otwatch-vm:", err)
		return false
	}
	finished := true
	for line := range strings.Lines(string(list)) {
		fields := strings.Fields(line)
		failed, ok := runSuite(fields)
		finished = finished && ok
		for _, test := range failed {
			_, ok := runSuite(append(fields, "-test.run="+only(test)))
			finished = finished && ok
		}
	}
	return finished
}

// runSuite runs a suite in its directory. It returns the innermost tests that
// failed, and whether it ran to its end, well or not. What fails here once is run
// once more: a slow machine that shares two processors with another makes real
// programs late.
func runSuite(fields []string) (failed []string, finished bool) {
	fmt.Println("otwatch-vm: suite", fields)
	var said bytes.Buffer
	suite := exec.Command(fields[1], fields[2:]...)
	suite.Dir, suite.Stdout, suite.Stderr = fields[0], io.MultiWriter(os.Stdout, &said), os.Stdout
	err := suite.Run()
	if suite.ProcessState == nil || suite.ProcessState.ExitCode() > 1 || suite.ProcessState.ExitCode() < 0 {
		fmt.Println("otwatch-vm: did not run to its end:", err)
		return nil, false
	}
	return innermost(&said), true
}

var failure = regexp.MustCompile(`^\s*--- FAIL: (\S+) `)

// innermost lists the tests that failed in what go test -v said, without those
// that failed for a test within them.
func innermost(said io.Reader) []string {
	var failed []string
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if match := failure.FindStringSubmatch(lines.Text()); match != nil {
			failed = append(failed, match[1])
		}
	}
	return slices.DeleteFunc(slices.Clone(failed), func(test string) bool {
		return slices.ContainsFunc(failed, func(other string) bool { return strings.HasPrefix(other, test+"/") })
	})
}

// only is the pattern of -test.run for one test, such as TestA/b.
func only(test string) string {
	parts := strings.Split(test, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// handOut does go build -o PATH PACKAGE with what is in /programs.
func handOut(args []string) error {
	if len(args) != 4 || args[0] != "build" || args[1] != "-o" {
		return fmt.Errorf("this machine has no Go toolchain: go %s", strings.Join(args, " "))
	}
	if arch := os.Getenv("GOARCH"); arch != "" && arch != runtime.GOARCH {
		return fmt.Errorf("nothing was built for %s before", arch)
	}
	pkg, err := filepath.Abs(args[3])
	if err != nil {
		return err
	}
	built, err := os.Open(filepath.Join("/programs", filepath.Base(pkg)))
	if err != nil {
		return fmt.Errorf("%s was not built before: %w", args[3], err)
	}
	defer built.Close()
	copied, err := os.OpenFile(args[2], os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(copied, built); err != nil {
		return err
	}
	return copied.Close()
}
