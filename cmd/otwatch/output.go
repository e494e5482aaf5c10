package main

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/otwatch/otwatch/internal/agent"
	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/view"
)

// Forms of output.
const (
	outputText  = "text"
	outputJSON  = "json"
	outputJSONL = "jsonl"
	outputNone  = "none"
)

var outputs = []string{outputText, outputJSON, outputJSONL, outputNone}

// output shows what the monitor holds. A new form of output fails to compile
// until it answers all three questions.
type output interface {
	// interval shows a target's new Snapshot; it is called by the targets'
	// goroutines at once.
	interval(s snapshot.Snapshot) error
	// run returns when ctx ends, ended is closed, or the user has had enough.
	run(ctx context.Context, ended <-chan struct{}) error
	// end shows the result.
	end() error
}

func newOutput(config attachConfig, figures *monitor.Monitor, fleet *agent.Fleet, said *messages, stdin, stdout *os.File) output {
	switch config.output {
	case outputJSON:
		if config.selection.Several() {
			return &hostOutput{budget: config.hostBudget, figures: figures, fleet: fleet, stdout: stdout}
		}
		return &jsonOutput{figures: figures, stdout: stdout}
	case outputJSONL:
		return &jsonlOutput{figures: figures, stdout: stdout}
	case outputNone:
		return &silentOutput{}
	}
	if term.IsTerminal(int(stdout.Fd())) && term.IsTerminal(int(stdin.Fd())) {
		return &liveOutput{figures: figures, said: said, stdin: stdin, stdout: stdout, changed: make(chan struct{}, 1)}
	}
	return &linesOutput{figures: figures, stdout: stdout}
}

// silentOutput shows nothing; the other forms build on it.
type silentOutput struct{}

func (silentOutput) interval(snapshot.Snapshot) error { return nil }

func (silentOutput) run(ctx context.Context, ended <-chan struct{}) error {
	select {
	case <-ctx.Done():
	case <-ended:
	}
	return nil
}

func (silentOutput) end() error { return nil }

// jsonOutput writes one document at the end.
type jsonOutput struct {
	silentOutput
	figures *monitor.Monitor
	stdout  *os.File
}

func (o *jsonOutput) end() error {
	return outputError(export.JSON(o.stdout, export.Document(o.figures.Totals(), runtime.NumCPU())))
}

// hostOutput writes one document at the end, with a report for each target.
type hostOutput struct {
	silentOutput
	budget  float64
	figures *monitor.Monitor
	fleet   *agent.Fleet
	stdout  *os.File
}

func (o *hostOutput) end() error {
	forgotten := o.figures.Forgotten()
	host := export.Host{CPUs: runtime.NumCPU(), Budget: o.budget, Forgotten: forgotten.Targets, Probe: forgotten.Probe}
	for _, u := range o.fleet.Unobserved() {
		host.Unobserved = append(host.Unobserved, export.Unobserved{PID: u.PID, Exe: u.Exe, Why: target.Reason(u.Why)})
	}
	return outputError(export.JSON(o.stdout, export.HostDocument(o.figures.Totals(), host)))
}

// jsonlOutput writes a line of JSON for every target and interval.
type jsonlOutput struct {
	silentOutput
	figures *monitor.Monitor
	mu      sync.Mutex
	stdout  *os.File
}

func (o *jsonlOutput) interval(s snapshot.Snapshot) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return outputError(export.JSONLine(o.stdout, o.figures.Last(s)))
}

// linesOutput writes a line of text for every target and interval, and a
// summary at the end.
type linesOutput struct {
	silentOutput
	figures *monitor.Monitor
	mu      sync.Mutex
	stdout  *os.File
}

func (o *linesOutput) interval(s snapshot.Snapshot) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return outputError(view.Lines(o.stdout, []view.Frame{o.figures.Frame(s)}))
}

func (o *linesOutput) end() error { return summarize(o.stdout, o.figures.Totals()) }

// drawingPart bounds the time that goes into working out what to draw: one part
// in so many. Of few targets that is no matter.
const drawingPart = 50

// liveOutput draws on the terminal, and writes a summary at the end.
type liveOutput struct {
	figures       *monitor.Monitor
	said          *messages
	stdin, stdout *os.File
	changed       chan struct{} // there is something new
}

func (o *liveOutput) interval(snapshot.Snapshot) error {
	select {
	case o.changed <- struct{}{}:
	default:
	}
	return nil
}

func (o *liveOutput) run(ctx context.Context, ended <-chan struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o.said.hold()
	defer o.said.release()
	frames := make(chan []view.Frame)
	go func() {
		defer cancel()
		o.draw(ctx, ended, frames)
	}()
	if err := view.Run(ctx, o.stdin, o.stdout, frames); !errors.Is(err, view.ErrQuit) {
		return err
	}
	return nil
}

// draw works out what there is to see whenever that changes, until ctx ends or
// everything has ended.
func (o *liveOutput) draw(ctx context.Context, ended <-chan struct{}, frames chan<- []view.Frame) {
	next := time.After(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ended:
			return
		case <-next:
		}
		select {
		case <-ctx.Done():
			return
		case <-ended:
			return
		case <-o.changed:
		}
		began := time.Now()
		latest := o.figures.Frames()
		next = time.After(drawingPart * time.Since(began))
		select {
		case frames <- latest:
		case <-ctx.Done():
			return
		}
	}
}

func (o *liveOutput) end() error { return summarize(o.stdout, o.figures.Totals()) }

// fewTargets is up to how many targets each get a summary of their own.
const fewTargets = 4

func summarize(stdout *os.File, reports []analyzer.Report) error {
	if len(reports) > fewTargets {
		frames := make([]view.Frame, len(reports))
		for i, r := range reports {
			frames[i] = view.Frame{Total: r, Recent: r}
		}
		return outputError(view.Targets(stdout, frames, view.ScreenOf(stdout)))
	}
	for _, r := range reports {
		if err := view.Summary(stdout, r, view.ScreenOf(stdout)); err != nil {
			return outputError(err)
		}
	}
	return nil
}
