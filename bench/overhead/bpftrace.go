package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// startSymbol and endSymbol run once a span.
const (
	startSymbol = "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start"
	endSymbol   = "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End"
)

// counter is what bpftrace prints of its one map at the end.
var counter = regexp.MustCompile(`(?m)^@: ([1-9][0-9]*)$`)

// bpftrace observes a process as its one-liners do: it counts Start.
func bpftrace(ctx context.Context, pid int, executable string) (func() error, error) {
	script := fmt.Sprintf("uprobe:%s:%q { @ = count(); }", executable, startSymbol)
	watch := exec.CommandContext(ctx, "bpftrace", "-p", strconv.Itoa(pid), "-e", script)
	var complaints bytes.Buffer
	watch.Stderr = &complaints
	stdout, err := watch.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := watch.Start(); err != nil {
		return nil, fmt.Errorf("start bpftrace: %w; install it", err)
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() { // "Attaching 1 probe..."
		return nil, fmt.Errorf("bpftrace: %w\n%s", watch.Wait(), complaints.String())
	}
	time.Sleep(time.Second)
	return func() error {
		_ = watch.Process.Signal(syscall.SIGINT)
		var printed strings.Builder
		for lines.Scan() {
			fmt.Fprintln(&printed, lines.Text())
		}
		_ = watch.Wait() // its status tells of detaching from a process that has ended
		if !counter.MatchString(printed.String()) {
			return fmt.Errorf("bpftrace counted nothing: %q\n%s", printed.String(), complaints.String())
		}
		return nil
	}, nil
}
