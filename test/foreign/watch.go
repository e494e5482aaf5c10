package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/otwatch/otwatch/internal/report"
)

const (
	watched = 25 * time.Second
	// patience is for a program to stand and, after being watched, to answer.
	patience = 20 * time.Second
)

// result is a line of the table.
type result struct {
	program
	report  report.Report
	wrong   []string
	answers int
	// The receiver got from least to most spans while it was watched.
	least, most int
}

// try runs a program under its load and otwatch's eyes.
func (p program) try(ctx context.Context, executable, otwatch string) (result, error) {
	at, err := newPlace()
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(at.dir)
	receiver, address, stop, err := receive()
	if err != nil {
		return result{}, err
	}
	defer stop()
	at.grpc = address
	running, complaints, err := p.start(ctx, executable, at)
	if err != nil {
		return result{}, err
	}
	defer func() {
		_ = running.Process.Kill()
		_ = running.Wait()
	}()
	r := result{program: p}
	if err := p.settle(ctx, at); err != nil {
		return result{}, fmt.Errorf("%w\n%s", err, complaints)
	}
	driving, done := context.WithCancel(ctx)
	driven := make(chan int, 1)
	go func() {
		if p.request == nil {
			driven <- 0
			return
		}
		driven <- p.drive(driving, at)
	}()
	r.report, err = attach(ctx, otwatch, running.Process.Pid)
	done()
	r.answers = <-driven
	if err != nil {
		return result{}, err
	}
	began := r.report.Window.Start
	r.least, r.most = receiver.between(began, began.Add(time.Duration(r.report.Window.Seconds*float64(time.Second))))
	r.wrong = append(p.judge(r.report), r.miscounted()...)
	if err := p.alive(ctx, running.Process, at); err != nil {
		r.wrong = append(r.wrong, err.Error())
	}
	return r, nil
}

func newPlace() (at place, err error) {
	if at.dir, err = os.MkdirTemp("", "otwatch-foreign-"); err != nil {
		return at, err
	}
	if at.address, err = freeAddress(); err == nil {
		at.peer, err = freeAddress()
	}
	return at, err
}

// start starts the program, which is killed if this one dies.
func (p program) start(ctx context.Context, executable string, at place) (*exec.Cmd, *bytes.Buffer, error) {
	args, env, err := p.command(at)
	if err != nil {
		return nil, nil, err
	}
	command, complaints := exec.CommandContext(ctx, executable, args...), &bytes.Buffer{}
	command.Env, command.Stderr = append(os.Environ(), env...), complaints
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	return command, complaints, nil
}

// settle waits until a server serves; a program without one has a second.
func (p program) settle(ctx context.Context, at place) error {
	if p.request == nil {
		time.Sleep(time.Second)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.serving(ctx, at)
}

func attach(ctx context.Context, otwatch string, pid int) (report report.Report, err error) {
	command := exec.CommandContext(ctx, otwatch, "attach", "--pid", strconv.Itoa(pid), "--duration", watched.String(), "--output", "json")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return report, fmt.Errorf("%s: %w\n%s", command, err, &stderr)
	}
	return report, json.Unmarshal(stdout.Bytes(), &report)
}

// judge lists what is not right about a report: nothing seen, or a finding of
// which nothing in the program is the cause.
func (p program) judge(r report.Report) []string {
	var wrong []string
	if r.Spans.Ended == nil || r.Spans.Ended.Value == 0 {
		wrong = append(wrong, "no span was seen")
	}
	if r.Spans.Exported == nil || r.Spans.Exported.Value == 0 {
		wrong = append(wrong, "no export was seen")
	}
	for _, f := range r.Findings {
		if f.Severity != "info" && !slices.Contains(p.explained, f.ID) {
			wrong = append(wrong, fmt.Sprintf("%s (%s: %s) has no cause", f.ID, f.Severity, f.Title))
		}
	}
	return wrong
}

// miscounted says how the spans exported differ from those received.
func (r result) miscounted() []string {
	exported := r.report.Spans.Exported
	if exported == nil || exported.Value >= float64(r.least) && exported.Value <= float64(r.most) {
		return nil
	}
	return []string{fmt.Sprintf("%.0f spans exported, the receiver got %s", exported.Value, r.received())}
}

// alive reports whether the program still runs after it was watched.
func (p program) alive(ctx context.Context, process *os.Process, at place) error {
	if err := process.Signal(syscall.Signal(0)); err != nil {
		return fmt.Errorf("the process is gone: %w", err)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process.Pid))
	if err != nil || strings.Contains(string(stat), ") Z ") {
		return fmt.Errorf("the process has ended")
	}
	return p.settle(ctx, at)
}
