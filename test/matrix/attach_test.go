package matrix

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
)

const (
	// made is prime, so that no batch size divides it.
	made = 1009
	// patience bounds each program's life.
	patience = time.Minute
)

// outcome is what was seen of a program by both sides.
type outcome struct {
	delivered int64 // by the receiver's count, or the program's own
	report    report.Report
}

// run starts a program, attaches otwatch, lets the program make its spans and
// end, and returns what both saw.
func run(t *testing.T, otwatch, path string, c combination) (outcome, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r := receive(t)
	program := exec.CommandContext(ctx, path, r.address(c.exporter), strconv.Itoa(made))
	program.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var complaints bytes.Buffer
	program.Stderr = &complaints
	stdin, stdout, err := pipes(program)
	if err != nil {
		return outcome{}, err
	}
	if err := program.Start(); err != nil {
		return outcome{}, err
	}
	defer func() {
		cancel()
		_ = program.Wait()
	}()
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() || lines.Text() != "ready" {
		return outcome{}, fmt.Errorf("the program says %q: %s", lines.Text(), &complaints)
	}

	watcher := exec.CommandContext(ctx, otwatch, "attach", "--pid", strconv.Itoa(program.Process.Pid), "--budget", "100%", "--output", "json")
	report, err := watch(watcher, func() error {
		_, err := io.WriteString(stdin, "\n")
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	if !lines.Scan() {
		return outcome{}, fmt.Errorf("the program ended before its time: %s", &complaints)
	}
	delivered, err := strconv.ParseInt(lines.Text(), 10, 64)
	if c.exporter.network {
		delivered = r.spans.Load()
	}
	return outcome{delivered, report}, err
}

func pipes(command *exec.Cmd) (io.WriteCloser, io.Reader, error) {
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	stdout, err := command.StdoutPipe()
	return stdin, stdout, err
}

// watch runs otwatch, calls attached when its probes are in place, and returns
// its report when it has ended with its target.
func watch(otwatch *exec.Cmd, attached func() error) (report report.Report, err error) {
	var stdout bytes.Buffer
	otwatch.Stdout = &stdout
	stderr, err := otwatch.StderrPipe()
	if err != nil {
		return report, err
	}
	if err := otwatch.Start(); err != nil {
		return report, err
	}
	var said []string
	for log := bufio.NewScanner(stderr); log.Scan(); {
		said = append(said, log.Text())
		if !strings.Contains(log.Text(), "msg=attached") {
			continue
		}
		if err := attached(); err != nil {
			return report, err
		}
	}
	if err := otwatch.Wait(); err != nil {
		return report, fmt.Errorf("%w: %s", err, strings.Join(said, "\n"))
	}
	return report, json.Unmarshal(stdout.Bytes(), &report)
}
