package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long to wait for what must come: long enough for a slow and
// busy machine.
const patience = 60 * time.Second

// build compiles a package of the repository, by its path there.
func build(t *testing.T, pkg string) string {
	t.Helper()
	return buildIn(t, filepath.Join("..", ".."), pkg)
}

// buildHere compiles a package of this module.
func buildHere(t *testing.T, pkg string) string {
	t.Helper()
	return buildIn(t, ".", pkg)
}

func buildIn(t *testing.T, dir, pkg string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), filepath.Base(pkg))
	cmd := exec.Command("go", "build", "-o", binary, pkg)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return binary
}

// process is a program under test. It is killed at the end of the test if it
// is still there.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  *bufio.Scanner // of standard output, where start was told to
	stdout output         // where it was not
	stderr output
	ended  chan struct{} // closed when err is set
	err    error
}

// start runs a program with env added to the environment. With lines its
// standard output is read with readLine, otherwise kept.
func start(t *testing.T, lines bool, env []string, name string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(name, args...), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = &p.stderr
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = stdin
	p.cmd.Stdout = &p.stdout
	closeLines := func() error { return nil }
	if lines {
		// Not StdoutPipe, which Wait would close under the reader.
		reader, writer := io.Pipe()
		p.cmd.Stdout, p.lines = writer, bufio.NewScanner(reader)
		closeLines = reader.Close
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // an error means that it has ended
		_ = closeLines()         // output that nobody reads would keep Wait waiting
		<-p.ended
		if t.Failed() {
			t.Logf("%s wrote to standard error:\n%s", p.cmd, p.stderr.String())
		}
	})
	return p
}

// next lets a program that waits for a line go on.
func (p *process) next(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(p.stdin, "\n"); err != nil {
		t.Fatal(err)
	}
}

// readLine returns the next line of standard output.
func (p *process) readLine(t *testing.T) string {
	t.Helper()
	line := make(chan string, 1)
	go func() {
		if p.lines.Scan() {
			line <- p.lines.Text()
		}
		close(line)
	}()
	select {
	case text, ok := <-line:
		if !ok {
			t.Fatalf("%s wrote no further line: %v", p.cmd, p.lines.Err())
		}
		return text
	case <-p.ended:
		t.Fatalf("%s has ended: %v", p.cmd, p.err)
	case <-time.After(patience):
		t.Fatalf("%s wrote no line", p.cmd)
	}
	return ""
}

// wait returns when the program has ended with status 0.
func (p *process) wait(t *testing.T) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("%s does not end", p.cmd)
	}
	var exit *exec.ExitError
	if errors.As(p.err, &exit) {
		t.Fatalf("%s: exit status %d", p.cmd, exit.ExitCode())
	}
}

// until waits for a condition that must come while the program runs.
func (p *process) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		select {
		case <-p.ended:
			t.Fatalf("%s has ended before %s: %v", p.cmd, what, p.err)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// attached reports whether an otwatch has its probes in place.
func attached(watcher *process) bool {
	return strings.Contains(watcher.stderr.String(), "msg=attached")
}

// output keeps what a program writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
