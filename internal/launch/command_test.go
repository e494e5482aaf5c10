package launch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// follow runs a shell's command line to its end. It returns the programs that were executed,
// in order.
func follow(t *testing.T, line string, free func(program string) bool) (Status, []string) {
	t.Helper()
	c, err := Start([]string{"sh", "-c", line})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Reap()
	var executed []string
	execed := func(pid int) bool {
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		if err != nil {
			t.Errorf("a program of pid %d: %v", pid, err)
		}
		if state := stateOf(t, pid); state != "t" {
			t.Errorf("%s has state %s, want that it is stopped", exe, state)
		}
		executed = append(executed, filepath.Base(exe))
		return free(filepath.Base(exe))
	}
	first := execed(c.PID)
	status := c.Follow(first, execed)
	if state := stateOf(t, c.PID); state != "Z" {
		t.Errorf("the command has state %s at its end, want that it is a zombie", state)
	}
	return status, executed
}

// stateOf is the state of a process.
//
//	4711 (sh) t 4710 …
func stateOf(t *testing.T, pid int) string {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	state, _, _ := strings.Cut(rest, " ")
	return state
}

func TestFollow(t *testing.T) {
	shell, err := filepath.EvalSymlinks("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	sh := filepath.Base(shell)
	tests := []struct {
		name     string
		line     string
		free     string // the program that is not traced any more
		executed []string
		status   Status
	}{
		{"one program", "exit 7", "", []string{sh}, Status{Exit: 7}},
		{"another in its place", "exec sleep 0", "", []string{sh, "sleep"}, Status{}},
		{"a child", "sleep 0; exit 2", "", []string{sh, "sleep"}, Status{Exit: 2}},
		{"a child of a child", `sh -c "sleep 0; :"; exit 2`, "", []string{sh, sh, "sleep"}, Status{Exit: 2}},
		{"a free child", `env true; exit 2`, "env", []string{sh, "env"}, Status{Exit: 2}},
		{"ended by a signal", "kill -TERM $$; sleep 60", "", []string{sh}, Status{Signal: unix.SIGTERM}},
		{"killed", "kill -KILL $$", "", []string{sh}, Status{Signal: unix.SIGKILL}},
		{"a signal that is handled", `trap "exit 4" USR1; kill -USR1 $$; :`, "", []string{sh}, Status{Exit: 4}},
		{"a child that goes on", "sleep 5 >/dev/null 2>&1 & exit 0", "", []string{sh}, Status{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, executed := follow(t, test.line, func(program string) bool { return program == test.free })
			if status != test.status {
				t.Errorf("%v, want %v", status, test.status)
			}
			if len(executed) < len(test.executed) || !equal(executed[:len(test.executed)], test.executed) {
				t.Errorf("executed %q, want %q", executed, test.executed)
			}
		})
	}
}

func equal(a, b []string) bool { return strings.Join(a, " ") == strings.Join(b, " ") }

// TestStopped stops a command that is traced, as Ctrl-Z does, and continues it. It takes SIGSTOP:
// the kernel discards SIGTSTP in a session whose leader no shell has begun, such as of a CI runner.
func TestStopped(t *testing.T) {
	c, err := Start([]string{"sh", "-c", "kill -STOP $$; exit 3"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Reap()
	ended := make(chan Status, 1)
	go func() { ended <- c.Follow(false, func(int) bool { return false }) }()
	for deadline := time.Now().Add(30 * time.Second); stateOf(t, c.PID) != "T"; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			c.Signal(unix.SIGKILL)
			t.Fatal("the command did not stop")
		}
	}
	c.Signal(unix.SIGCONT)
	if status := <-ended; status != (Status{Exit: 3}) {
		t.Errorf("%v, want exit code 3", status)
	}
}

// TestKill ends a command before its first instruction.
func TestKill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "begun")
	c, err := Start([]string{"touch", file})
	if err != nil {
		t.Fatal(err)
	}
	c.Kill()
	c.Reap()
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the command has run: %v", err)
	}
}

func TestStartErrors(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/no/such/interpreter\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		"no-such-command": ErrNotFound, "/no/such/command": ErrNotFound, script: ErrNotFound,
		empty: ErrNotExecutable, "/": ErrNotExecutable, "/etc/passwd": ErrNotExecutable,
	} {
		if c, err := Start([]string{path}); !errors.Is(err, want) {
			t.Errorf("%s: %v, %v; want %v", path, c, err, want)
		}
	}
}
