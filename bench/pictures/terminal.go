package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// columns and lines are the size of the terminal.
const columns, lines = 100, 37

// margin is how long before the end of the load the screen is read.
const margin = 10 * time.Second

// terminal is a tmux server that runs one command.
type terminal struct{ socket string }

// openTerminal runs the command in a new terminal, in UTF-8 and with colours.
func openTerminal(ctx context.Context, command ...string) (terminal, error) {
	t := terminal{fmt.Sprintf("otwatch-pictures-%d", time.Now().UnixNano())}
	size := []string{"-x", strconv.Itoa(columns), "-y", strconv.Itoa(lines)}
	session := append([]string{"new-session", "-d"}, append(size, "env", "LC_ALL=C.UTF-8", "NO_COLOR=")...)
	_, err := t.tmux(ctx, append(session, command...)...)
	return t, err
}

func (t terminal) tmux(ctx context.Context, args ...string) (string, error) {
	return output(exec.CommandContext(ctx, "tmux", append([]string{"-u", "-L", t.socket, "-f", "/dev/null"}, args...)...))
}

// screen is what the terminal shows, in text with ANSI sequences.
func (t terminal) screen(ctx context.Context) (string, error) {
	return t.tmux(ctx, "capture-pane", "-e", "-p")
}

// close presses the key that ends the command, and waits for it to end.
func (t terminal) close(ctx context.Context, key string) error {
	if _, err := t.tmux(ctx, "send-keys", key); err != nil {
		return err
	}
	for {
		if _, err := t.tmux(ctx, "has-session"); err != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// output runs a command and returns what it prints.
func output(command *exec.Cmd) (string, error) {
	var out, complaints bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaints
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(command.Args, " "), err, complaints.String())
	}
	return out.String(), nil
}
