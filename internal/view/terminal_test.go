package view

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/report"
)

// pty is a pseudo terminal: output is what the view writes to terminal; keys are
// written to control.
type pty struct {
	control, terminal *os.File
	mu                sync.Mutex
	buf               bytes.Buffer
}

func openPTY(t *testing.T) *pty {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("this host gives no pseudo terminal: open /dev/ptmx: %v", err)
	}
	control := os.NewFile(uintptr(fd), "/dev/ptmx")
	t.Cleanup(func() { control.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatalf("unlock pseudo terminal: %v", err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatalf("number of pseudo terminal: %v", err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 100}); err != nil {
		t.Fatalf("size of pseudo terminal: %v", err)
	}
	p := &pty{control: control, terminal: terminal}
	go p.collect()
	return p
}

func (p *pty) collect() {
	chunk := make([]byte, 4096)
	for {
		n, err := p.control.Read(chunk)
		p.mu.Lock()
		p.buf.Write(chunk[:n])
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *pty) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.String()
}

// await waits until the output contains text.
func (p *pty) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(p.output(), text) {
			return
		}
	}
	t.Fatalf("no %q in the output: %q", text, p.output())
}

func (p *pty) settings(t *testing.T) unix.Termios {
	t.Helper()
	settings, err := unix.IoctlGetTermios(int(p.terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *settings
}

var coloring = regexp.MustCompile("\x1b\\[[0-9;:]*m")

func TestRunWithoutAKeyboard(t *testing.T) {
	p := openPTY(t)
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer nothing.Close()
	frames := make(chan []report.Frame)
	ended := make(chan error, 1)
	go func() { ended <- new(Terminal).Run(t.Context(), nothing, p.terminal, frames) }()
	frames <- []report.Frame{losing()}
	p.await(t, "dropped")
	close(frames)
	if err := <-ended; err != nil {
		t.Errorf("Run returned %v", err)
	}
}

// TestRunOpensAPanel presses its key, and quits from there.
func TestRunOpensAPanel(t *testing.T) {
	t.Setenv("TERM", "xterm-256color")
	p := openPTY(t)
	show := make(chan []report.Frame)
	ended := make(chan error, 1)
	go func() { ended <- new(Terminal).Run(t.Context(), p.terminal, p.terminal, show) }()
	show <- []report.Frame{losing()}
	p.await(t, "dropped")
	p.control.WriteString("s")
	p.await(t, "esc back")
	p.control.WriteString("q")
	if err := <-ended; !errors.Is(err, ErrQuit) {
		t.Errorf("Run returned %v", err)
	}
}

func TestRunOnATerminal(t *testing.T) {
	for _, test := range []struct {
		name    string
		noColor string
		end     func(p *pty, cancel func(), frames chan []report.Frame)
		want    error
	}{
		{name: "q", end: func(p *pty, _ func(), _ chan []report.Frame) { p.control.WriteString("q") }, want: ErrQuit},
		{name: "ctrl-c", end: func(p *pty, _ func(), _ chan []report.Frame) { p.control.WriteString("\x03") }, want: ErrQuit},
		{name: "frames closed", end: func(_ *pty, _ func(), frames chan []report.Frame) { close(frames) }},
		{name: "context", end: func(_ *pty, cancel func(), _ chan []report.Frame) { cancel() }},
		// Any value counts, even "0" (no-color.org).
		{name: "no colour", noColor: "0", end: func(_ *pty, cancel func(), _ chan []report.Frame) { cancel() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", test.noColor)
			t.Setenv("TERM", "xterm-256color")
			t.Setenv("LC_ALL", "C.UTF-8")
			p := openPTY(t)
			before := p.settings(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			frames := make(chan []report.Frame)
			ended := make(chan error, 1)
			go func() { ended <- new(Terminal).Run(ctx, p.terminal, p.terminal, frames) }()
			frames <- []report.Frame{losing()}
			p.await(t, "dropped")
			test.end(p, cancel, frames)
			if err := <-ended; !errors.Is(err, test.want) {
				t.Errorf("Run returned %v, want %v", err, test.want)
			}
			p.await(t, "\x1b[?1049l") // back from the alternate screen
			if p.settings(t) != before {
				t.Errorf("the terminal's settings are not restored")
			}
			if got := coloring.FindString(strings.ReplaceAll(p.output(), "\x1b[m", "")); (got == "") != (test.noColor != "") {
				t.Errorf("NO_COLOR=%q, first colour sequence %q", test.noColor, got)
			}
		})
	}
}
