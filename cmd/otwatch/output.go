package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/otwatch/otwatch/internal/agent"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/report"
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

// output shows the figures of the monitor. A new form of output fails to compile until
// it has all four methods.
type output interface {
	// interval shows a target's new Snapshot. The targets' goroutines call it
	// concurrently, and it never waits for a reader.
	interval(s snapshot.Snapshot) error
	// run returns when ctx ends, ended is closed or the user quits. It returns an error
	// as soon as nothing can be shown any more.
	run(ctx context.Context, ended <-chan struct{}) error
	// lend restores the terminal while f runs.
	lend(f func())
	// end shows the result.
	end() error
}

func newOutput(config attachConfig, figures *monitor.Monitor, fleet *agent.Fleet, said *messages, log *slog.Logger, stdin, stdout *os.File) output {
	to := written{out: newOutlet(stdout), log: log, figures: figures, complain: &sync.Once{}}
	switch config.output {
	case outputJSON:
		return &jsonOutput{written: to, document: func() any { return document(config, figures, fleet) }}
	case outputJSONL:
		return &jsonlOutput{to}
	case outputNone:
		return &silentOutput{}
	}
	if config.run {
		return &summaryOutput{to, stdout}
	}
	if term.IsTerminal(int(stdout.Fd())) && term.IsTerminal(int(stdin.Fd())) {
		return &liveOutput{summaryOutput: summaryOutput{to, stdout}, said: said, stdin: stdin, changed: make(chan struct{}, 1)}
	}
	return &linesOutput{summaryOutput{to, stdout}}
}

// silentOutput shows nothing. The other forms embed it.
type silentOutput struct{}

func (silentOutput) interval(snapshot.Snapshot) error { return nil }

func (silentOutput) run(ctx context.Context, ended <-chan struct{}) error {
	select {
	case <-ctx.Done():
	case <-ended:
	}
	return nil
}

func (silentOutput) lend(f func()) { f() }

func (silentOutput) end() error { return nil }

// written is the common part of the forms that write to stdout.
type written struct {
	silentOutput
	out      *outlet
	log      *slog.Logger
	figures  *monitor.Monitor
	complain *sync.Once // about lines left out
}

func (o *written) run(ctx context.Context, ended <-chan struct{}) error {
	select {
	case <-ctx.Done():
	case <-ended:
	case <-o.out.failed:
		return outputError(o.out.flush())
	}
	return nil
}

// line writes the line of one interval. It leaves the line out if the reader does not
// take it, or if it cannot be made from the target's figures; other targets are not
// affected.
func (o *written) line(render func(io.Writer) error) error {
	var text bytes.Buffer
	err := render(&text)
	if err == nil {
		_, err = o.out.Write(text.Bytes())
		if err != nil && !errors.Is(err, errNoRoom) {
			return outputError(err)
		}
	}
	if err != nil {
		o.complain.Do(func() { o.log.Warn("output lines are being dropped", "err", err) })
	}
	return nil
}

// last writes the result after all lines.
func (o *written) last(render func(io.Writer) error) error {
	var text bytes.Buffer
	if err := render(&text); err != nil {
		return outputError(err)
	}
	err := o.out.last(text.Bytes())
	if left := o.out.missed(); left > 0 {
		o.log.Warn("output lines were dropped because nothing read them", "lines", left)
	}
	return outputError(err)
}

// jsonOutput writes one document at the end.
type jsonOutput struct {
	written
	document func() any
}

func (o *jsonOutput) end() error {
	return o.last(func(w io.Writer) error { return export.JSON(w, o.document()) })
}

// document is the JSON of all targets: one report or, if the selection can have several
// targets, the report of the host.
func document(config attachConfig, figures *monitor.Monitor, fleet *agent.Fleet) any {
	reports := figures.Totals()
	if !config.selection.Several() && len(reports) == 1 {
		return reports[0]
	}
	forgotten := figures.Forgotten()
	host := export.Host{CPUs: runtime.NumCPU(), Budget: config.hostBudget, Forgotten: forgotten.Targets, Probe: forgotten.Probe}
	for _, u := range fleet.Unobserved() {
		host.Unobserved = append(host.Unobserved, export.Unobserved{PID: u.PID, Exe: u.Exe, Why: target.Reason(u.Why)})
	}
	return export.HostDocument(reports, host)
}

// jsonlOutput writes a line of JSON per target and interval.
type jsonlOutput struct{ written }

func (o *jsonlOutput) interval(s snapshot.Snapshot) error {
	return o.line(func(w io.Writer) error { return export.JSONLine(w, o.figures.Last(s)) })
}

func (o *jsonlOutput) end() error { return o.last(func(io.Writer) error { return nil }) }

// summaryOutput writes a summary at the end.
type summaryOutput struct {
	written
	to *os.File
}

func (o *summaryOutput) end() error {
	return o.last(func(w io.Writer) error { return summarize(w, view.ScreenOf(o.to), o.figures.Totals()) })
}

// linesOutput writes a line of text per target and interval, and a summary at the end.
type linesOutput struct{ summaryOutput }

func (o *linesOutput) interval(s snapshot.Snapshot) error {
	return o.line(func(w io.Writer) error { return view.Lines(w, []report.Frame{o.figures.Frame(s)}) })
}

// drawingPart limits the share of time that goes into preparing frames to one part in
// drawingPart. It matters only with many targets.
const drawingPart = 50

// liveOutput draws on the terminal, and writes a summary at the end.
type liveOutput struct {
	summaryOutput
	said     *messages
	stdin    *os.File
	terminal view.Terminal
	changed  chan struct{} // there are new figures
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
	frames := make(chan []report.Frame)
	go func() {
		defer cancel()
		o.draw(ctx, ended, frames)
	}()
	if err := o.show(ctx, frames); !errors.Is(err, view.ErrQuit) {
		return err
	}
	return nil
}

// show runs the view until ctx ends. It gives up if the terminal takes nothing.
func (o *liveOutput) show(ctx context.Context, frames <-chan []report.Frame) error {
	before, stateErr := term.GetState(int(o.stdin.Fd()))
	shown := make(chan error, 1)
	go func() { shown <- o.terminal.Run(ctx, o.stdin, o.to, frames) }()
	select {
	case err := <-shown:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-shown:
		return err
	case <-time.After(stalled):
	}
	if stateErr == nil {
		_ = term.Restore(int(o.stdin.Fd()), before) // nothing else can be tried
	}
	return outputError(errNoRoom)
}

// draw prepares frames whenever the figures change, until ctx ends or all targets have
// ended.
func (o *liveOutput) draw(ctx context.Context, ended <-chan struct{}, frames chan<- []report.Frame) {
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

func (o *liveOutput) lend(f func()) { o.terminal.Lend(f) }

// fewTargets is the greatest number of targets that get a summary each.
const fewTargets = 4

func summarize(w io.Writer, screen view.Screen, reports []report.Report) error {
	if len(reports) > fewTargets {
		frames := make([]report.Frame, len(reports))
		for i, r := range reports {
			frames[i] = report.Frame{Total: r, Recent: r}
		}
		return view.Targets(w, frames, screen)
	}
	for _, r := range reports {
		if err := view.Summary(w, r, screen); err != nil {
			return err
		}
	}
	return nil
}
