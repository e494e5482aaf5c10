package agent

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestContainers watches programs as containers run them: in namespaces of their own,
// from file systems that only they see, and from deleted files.
func TestContainers(t *testing.T) {
	session := newSession(t)
	tests := []struct {
		name string
		// script runs the program "$EXE" "$@" in DIR; empty: it is run by itself.
		script     string
		namespaces uintptr // beside that of mounts
		meanwhile  func(t *testing.T, exe string)
	}{
		{name: "pid and mount namespace, executable deleted", namespaces: syscall.CLONE_NEWPID, meanwhile: remove},
		{name: "executable replaced", meanwhile: replace},
		{name: "network namespace", namespaces: syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC},
		{name: "nested pid namespaces, a file system of its own", namespaces: syscall.CLONE_NEWPID,
			script: `mount -t tmpfs none "$PWD" && cd "$PWD" && cp "$EXE" program && exec unshare --pid --fork --kill-child "$PWD/program" "$@"`},
		{name: "overlayfs", namespaces: syscall.CLONE_NEWPID,
			script: `mount -t tmpfs none "$PWD" && cd "$PWD" && mkdir lower upper work root && cp "$EXE" lower/program &&
				mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work root && exec root/program "$@"`},
		{name: "another root", namespaces: syscall.CLONE_NEWPID,
			script: `mount -t tmpfs none "$PWD" && cd "$PWD" && cp "$EXE" program &&
				for d in lib lib64 usr; do [ ! -e /$d ] || { mkdir $d && mount --bind /$d $d; }; done &&
				exec unshare --root="$PWD" /program "$@"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			directory := t.TempDir()
			args := []string{"-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "1000", "-spans", "1009"}
			exe := copyOf(t, testtarget.Executable(t), filepath.Join(directory, "program"))
			cmd := exec.Command(exe, args...)
			if test.script != "" {
				cmd = exec.Command("sh", append([]string{"-c", test.script, "sh"}, args...)...)
				t.Setenv("EXE", exe)
				cmd.Dir = t.TempDir()
			}
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: test.namespaces, Unshareflags: syscall.CLONE_NEWNS}
			program := testtarget.StartCommand(t, cmd)
			if test.meanwhile != nil {
				test.meanwhile(t, exe)
			}
			w := startWatch(t, session, program.PID(), defaultBudget)
			program.Begin()
			program.AwaitLoad()
			totals := program.Shutdown()
			r := w.report()
			checkCounts(t, r, totals, 1)
			if totals["otel.sdk.span.started"] != 1009 {
				t.Errorf("the program counted %v", totals)
			}
			if r.Target.ServiceName != "reference" {
				t.Errorf("the target is %+v", r.Target)
			}
			program.Exit()
		})
	}
}

func copyOf(t *testing.T, from, to string) string {
	t.Helper()
	if out, err := exec.Command("cp", from, to).CombinedOutput(); err != nil {
		t.Fatalf("copy %s: %v\n%s", from, err, out)
	}
	return to
}

func remove(t *testing.T, exe string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Dir(exe)); err != nil {
		t.Fatal(err)
	}
}

// replace puts another executable in place of the one that runs, as an upgrade does.
func replace(t *testing.T, exe string) {
	t.Helper()
	link, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	next := copyOf(t, link, exe+".next")
	if err := os.Rename(next, exe); err != nil {
		t.Fatal(err)
	}
}
