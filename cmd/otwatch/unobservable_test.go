package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestNothingToObserve attaches to processes that have nothing to observe: each gets
// one clear line and exit code 3.
func TestNothingToObserve(t *testing.T) {
	testtarget.NeedRoot(t)
	plain := compile(t, "")
	for _, test := range []struct {
		name    string
		program string
		says    string
	}{
		{"not Go", "/bin/sleep", "is not a Go program"},
		{"Go without OpenTelemetry", plain, "is a Go program without OpenTelemetry"},
		{"32-bit", compile(t, "GOARCH=386"), "is a 386 binary; otwatch observes amd64 and arm64 programs"},
		{"stripped to its segments", sectionless(t, plain), "is a Go program without OpenTelemetry"},
	} {
		t.Run(test.name, func(t *testing.T) {
			program := exec.Command(test.program, "60")
			program.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
			if err := program.Start(); errors.Is(err, syscall.ENOEXEC) {
				t.Logf("this kernel does not run it: %v", err)
				return
			} else if err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = program.Process.Kill()
				_ = program.Wait()
			}()
			c := start(t, "attach", "--pid", strconv.Itoa(program.Process.Pid), "--duration", "1s")
			if code := c.wait(); code != exitTarget {
				t.Errorf("exit code %d, want %d", code, exitTarget)
			}
			said := c.stderr.String()
			if !strings.Contains(said, test.says) || strings.Count(said, "\n") != 1 || c.stdout.String() != "" {
				t.Errorf("it said %q and %q, want one line with %q", said, c.stdout, test.says)
			}
		})
	}
}

// compile builds a program that waits.
func compile(t *testing.T, env string) string {
	t.Helper()
	directory := t.TempDir()
	source := filepath.Join(directory, "main.go")
	if err := os.WriteFile(source, []byte("package main\nimport \"time\"\nfunc main() { time.Sleep(time.Minute) }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(directory, "program")
	build := exec.Command("go", "build", "-o", path, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", env)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// sectionless makes a program without section headers.
func sectionless(t *testing.T, path string) string {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(file[40:48]) // e_shoff
	clear(file[58:64]) // e_shentsize, e_shnum, e_shstrndx
	to := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(to, file, 0o700); err != nil {
		t.Fatal(err)
	}
	return to
}
