package main

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync"

	"golang.org/x/term"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/snapshot"
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

func newOutput(form string, figures *monitor.Monitor, stdin, stdout *os.File) output {
	switch form {
	case outputJSON:
		return &jsonOutput{figures: figures, stdout: stdout}
	case outputJSONL:
		return &jsonlOutput{figures: figures, stdout: stdout}
	case outputNone:
		return &silentOutput{}
	}
	if term.IsTerminal(int(stdout.Fd())) && term.IsTerminal(int(stdin.Fd())) {
		return &liveOutput{figures: figures, stdin: stdin, stdout: stdout, frames: make(chan []view.Frame, 1)}
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
	return outputError(export.JSONLine(o.stdout, o.figures.Last(s.Target)))
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
	return outputError(view.Lines(o.stdout, []view.Frame{o.figures.Frame(s.Target)}))
}

func (o *linesOutput) end() error { return summarize(o.stdout, o.figures.Totals()) }

// liveOutput draws on the terminal, and writes a summary at the end.
type liveOutput struct {
	figures       *monitor.Monitor
	stdin, stdout *os.File
	frames        chan []view.Frame
}

// interval hands the newest frames on; older ones that nobody took give way.
func (o *liveOutput) interval(snapshot.Snapshot) error {
	frames := o.figures.Frames()
	for {
		select {
		case o.frames <- frames:
			return nil
		default:
		}
		select {
		case <-o.frames:
		default:
		}
	}
}

func (o *liveOutput) run(ctx context.Context, ended <-chan struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := view.Run(ctx, o.stdin, o.stdout, o.frames); !errors.Is(err, view.ErrQuit) {
		return err
	}
	return nil
}

func (o *liveOutput) end() error { return summarize(o.stdout, o.figures.Totals()) }

func summarize(stdout *os.File, reports []analyzer.Report) error {
	for _, r := range reports {
		if err := view.Summary(stdout, r, view.ScreenOf(stdout)); err != nil {
			return outputError(err)
		}
	}
	return nil
}
