package replay

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Reports are those of a file, one per target.
type Reports struct {
	Targets []report.Report
	CPUs    int    // of the host; 0 in a JSON report of one target
	Warning string // what the Reports do not cover; empty if they cover everything
	// Snapshots are the totals of each target. Timelines are the targets over time. A JSON
	// report has no Snapshots, and its Timelines have no stretches.
	Snapshots []snapshot.Snapshot
	Timelines []report.Timeline
}

// Options say how to read.
type Options struct {
	// Partial reads a truncated or damaged recording as far as possible, with a Warning.
	Partial bool
	// TargetOverhead is the share of the CPU that advice aims at, 0..1; 0 means the recorded
	// one.
	TargetOverhead float64
	// Stacks keeps the stacks of Snapshots, for a profile. Timelines keeps the stretches of
	// Timelines, for charts.
	Stacks, Timelines bool

	budget *untrusted.Budget // of the file; nil: no limits
}

// ErrJudged is the error for a JSON report where a recording is needed.
var ErrJudged = errors.New("a JSON report holds no intervals or stacks and cannot be evaluated again; use a recording (otwatch attach --record)")

// File reads a recording or a JSON report.
func File(path string, how Options) (Reports, error) {
	file, err := os.Open(path)
	if err != nil {
		return Reports{}, err
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		return Reports{}, err
	}
	how.budget = budgetOf(about)
	reports, err := read(bufio.NewReader(file), how)
	if err != nil {
		return Reports{}, fmt.Errorf("%s: %w", path, err)
	}
	return reports, nil
}

func read(r *bufio.Reader, how Options) (Reports, error) {
	if start, _ := r.Peek(1); string(start) == "{" {
		if how.TargetOverhead != 0 {
			return Reports{}, fmt.Errorf("--target-overhead: %w", ErrJudged)
		}
		return readJSON(r, how.budget)
	}
	return readRecording(r, how)
}

func readRecording(r io.Reader, how Options) (Reports, error) {
	budget := how.budget
	file, err := recording.NewReader(r, budget)
	if err != nil {
		return Reports{}, err
	}
	if _, err := how.limits(file.Header.Limits); err != nil {
		return Reports{}, err
	}
	reports := Reports{CPUs: file.Header.CPUs}
	figures := &monitor.Monitor{Work: budget, Keep: history.Keep{Stacks: how.Stacks, Timeline: how.Timelines}}
	costs := costs{budget: budget, targets: map[[2]uint64]*targetCosts{}}
	any := false
	err = addAll(file, func(s snapshot.Snapshot) error {
		if err := costs.charge(s); err != nil {
			return err
		}
		limits, err := how.limits(file.Limits)
		if err != nil {
			return err
		}
		figures.EnterBy(s, limits)()
		any = true
		return budget.Err()
	})
	unreadable := errors.Is(err, recording.ErrTruncated) || errors.Is(err, recording.ErrCorrupt) || errors.Is(err, untrusted.ErrTooLarge)
	switch {
	case unreadable && how.Partial && any:
		reports.Warning = fmt.Sprintf("%v; what follows is not covered", err)
	case unreadable && any:
		return Reports{}, fmt.Errorf("%w; --partial reports the readable part", err)
	case err != nil:
		return Reports{}, err
	default:
		reports.Warning = incomplete(file.End)
	}
	reports.Snapshots, reports.Timelines = figures.Snapshots(), figures.Timelines()
	for i := range reports.Timelines {
		t := &reports.Timelines[i]
		t.Samples = reports.Snapshots[i].Samples
		reports.Targets = append(reports.Targets, t.Total)
	}
	return reports, nil
}

// limits are those that are recorded, with the TargetOverhead.
func (how Options) limits(recorded report.Limits) (report.Limits, error) {
	if how.TargetOverhead == 0 {
		return recorded, nil
	}
	limits, err := recorded.WithTarget(how.TargetOverhead)
	if err != nil {
		return limits, fmt.Errorf("--target-overhead %w", err)
	}
	return limits, nil
}

// incomplete lists what a whole recording left out; "" if nothing.
func incomplete(end recording.End) string {
	var says []string
	if end.Skipped > 0 {
		says = append(says, fmt.Sprintf("the recording was full: the last %d snapshots are not in it", end.Skipped))
	}
	if end.Gaps > 0 {
		says = append(says, fmt.Sprintf("the recording could not be written as quickly as snapshots came: %d of them are not in it", end.Gaps))
	}
	if end.Oversized > 0 {
		says = append(says, fmt.Sprintf("%d snapshots were too large for a recording and are not in it", end.Oversized))
	}
	return strings.Join(says, "; ")
}

// addAll adds all Snapshots. It returns nil after a whole recording.
func addAll(file *recording.Reader, add func(snapshot.Snapshot) error) error {
	for n := 1; ; n++ {
		s, err := file.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := add(s); err != nil {
			return fmt.Errorf("at snapshot %d: %w", n, err)
		}
	}
}

// readJSON reads the output of attach --output json and report --output json: one Report, or
// several of a host.
func readJSON(r io.Reader, budget *untrusted.Budget) (Reports, error) {
	var document struct {
		report.Report
		Host    struct{ CPUs int }
		Targets []report.Report
	}
	if err := decode(r, budget, &document); err != nil {
		return Reports{}, err
	}
	untrusted.Texts(&document, untrusted.MaxText)
	if document.Schema != report.Schema {
		return Reports{}, fmt.Errorf("schema %q is not supported, want %s; create the report with attach --output json", document.Schema, report.Schema)
	}
	if len(document.Targets) > maxTargets {
		return Reports{}, tooMany("targets", maxTargets)
	}
	reports := Reports{Targets: document.Targets, CPUs: document.Host.CPUs}
	if document.Targets == nil {
		reports.Targets = []report.Report{document.Report}
	}
	for _, r := range reports.Targets {
		reports.Timelines = append(reports.Timelines, report.Timeline{Total: r})
	}
	return reports, nil
}

// decode reads a JSON value, after checking how much memory it needs.
func decode(r io.Reader, budget *untrusted.Budget, into any) error {
	text, err := io.ReadAll(io.LimitReader(budget.Reader(r), maxReportBytes+1))
	if err != nil {
		return err
	}
	if len(text) > maxReportBytes {
		return fmt.Errorf("%w: a JSON report of more than %d MiB", untrusted.ErrTooLarge, maxReportBytes>>20)
	}
	// The text is in memory already: only the decoded value counts.
	decoded := untrusted.NewBudget(untrusted.Limits{Memory: maxMemory})
	n, err := decoded.JSON(bytes.NewReader(text), reflect.TypeOf(into))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text[:n], into); err != nil {
		return fmt.Errorf("not a JSON report: %w", err)
	}
	return nil
}

func tooMany(what string, most int) error {
	return fmt.Errorf("%w: it has more than %d %s", untrusted.ErrTooLarge, most, what)
}
