package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestSurroundings names what is wrong with a container, in one line.
func TestSurroundings(t *testing.T) {
	testtarget.NeedRoot(t)
	for _, test := range []struct {
		name, says string
		command    []string
	}{
		{"a PID namespace of its own", "hostPID: true", []string{"unshare", "--pid", "--fork", "--mount-proc", otwatch}},
		{"no /sys", "/sys is not mounted", []string{"unshare", "--mount", "sh", "-c", `mount -t tmpfs none /sys && exec "$0" "$@"`, otwatch}},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := append(test.command[1:], "attach", "--all", "--name", "no-such-*", "--duration", "1s")
			c := launchCommand(t, exec.Command(test.command[0], args...))
			if code := c.wait(); code != exitHost || !strings.Contains(c.stderr.String(), test.says) || strings.Count(c.stderr.String(), "\n") != 1 {
				t.Errorf("exit code %d, want %d and %q in one line: %s", code, exitHost, test.says, c.stderr)
			}
		})
	}
}
