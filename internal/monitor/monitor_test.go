package monitor

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const processorAddress, exporterAddress = 0xa000, 0xb000

var (
	start  = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	target = snapshot.Target{PID: 4711, StartTicks: 99, ServiceName: "checkout"}
)

// interval is the nth second of a target: an export of 23 spans, and a queue as
// long as n.
func interval(target snapshot.Target, n int) snapshot.Snapshot {
	return snapshot.Snapshot{
		Target: target, Start: start.Add(time.Duration(n) * time.Second), Elapsed: time.Second,
		Exports: []snapshot.Exporter{{Address: exporterAddress, Operations: 1, Exported: 23, Spans: 23, MaxBatch: 23,
			Latest: []snapshot.Operation{{Duration: time.Millisecond, Spans: 23}}}},
		Processors: []snapshot.Processor{{Address: processorAddress, Provider: processorAddress, Exporter: exporterAddress,
			Settings: snapshot.Settings{MaxQueueSize: 2048, MaxExportBatchSize: 512},
			After:    snapshot.Reading{Queue: uint64(n)}, Exported: 23}},
	}
}

// of is an interval of a target of which nothing else matters.
func of(target snapshot.Target) snapshot.Snapshot { return snapshot.Snapshot{Target: target} }

func exported(r report.Report) uint64 { return uint64(r.Spans.Exported.Value) }

func TestTotalsReachBackToTheBeginning(t *testing.T) {
	var m Monitor
	for n := range 100 {
		m.Add(interval(target, n))
	}
	totals := m.Totals()
	if len(totals) != 1 {
		t.Fatalf("%d reports of one target", len(totals))
	}
	if r := totals[0]; exported(r) != 2300 || r.Window.Seconds != 100 || !r.Window.Start.Equal(start) {
		t.Errorf("%d spans exported in %+v, want 2300 in 100 s from %v on", exported(r), r.Window, start)
	}
}

// TestRecentIsBounded keeps what lies within recent, and always the last
// interval.
func TestRecentIsBounded(t *testing.T) {
	tests := []struct {
		name      string
		lengths   []time.Duration // of intervals that follow each other
		want      time.Duration
		intervals int
	}{
		{"the first", []time.Duration{time.Second}, time.Second, 1},
		{"all, while there are few", slices.Repeat([]time.Duration{time.Second}, 3), 3 * time.Second, 3},
		{"as much as fits", []time.Duration{recent / 3, recent - recent/3}, recent, 2},
		{"a little more", []time.Duration{recent / 3, recent - recent/3, 1}, recent - recent/3 + 1, 2},
		{"many of them", slices.Repeat([]time.Duration{recent / 12}, 100), recent, 12},
		{"intervals that do not divide it", slices.Repeat([]time.Duration{recent/4 + 1}, 100), 3 * (recent/4 + 1), 3},
		{"a long one pushes the others out", []time.Duration{time.Second, time.Second, recent - 1}, recent - 1, 1},
		{"intervals that are longer", []time.Duration{5 * recent, 5 * recent}, 5 * recent, 1},
		{"one that was longer goes first", []time.Duration{5 * recent, time.Second}, time.Second, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var m Monitor
			at := start
			for _, length := range test.lengths {
				s := interval(target, 1)
				s.Start, s.Elapsed = at, length
				at = at.Add(length)
				m.Add(s)
			}
			r := m.Frame(of(target)).Recent
			if r.Window.Seconds != test.want.Seconds() || exported(r) != uint64(23*test.intervals) {
				t.Errorf("%v s with %d spans, want %v with %d", r.Window.Seconds, exported(r), test.want, 23*test.intervals)
			}
			if end := r.Window.Start.Add(test.want); !end.Equal(at) {
				t.Errorf("it reaches to %v, want %v", end, at)
			}
		})
	}
}

func TestHistoryIsBounded(t *testing.T) {
	for _, test := range []struct {
		name           string
		intervals      int
		length         int
		oldest, newest uint64
	}{
		{"the first", 1, 1, 0, 0},
		{"as many as fit", historyLength, historyLength, 0, historyLength - 1},
		{"more", 3 * historyLength, historyLength, 2 * historyLength, 3*historyLength - 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			var m Monitor
			for n := range test.intervals {
				m.Add(interval(target, n))
			}
			history := m.Frame(of(target)).QueueHistory
			if len(history) != test.length || history[0] != test.oldest || history[len(history)-1] != test.newest {
				t.Errorf("%d sizes %v, want %d from %d to %d", len(history), history, test.length, test.oldest, test.newest)
			}
		})
	}
}

func TestHistoryAddsUpProcessors(t *testing.T) {
	var m Monitor
	s := interval(target, 20)
	second := s.Processors[0]
	second.Address, second.After.Queue = 0xc000, 3
	s.Processors = append(s.Processors, second)
	m.Add(s)
	if got := m.Frame(of(target)).QueueHistory; !slices.Equal(got, []uint64{23}) {
		t.Errorf("history %v, want 23", got)
	}
}

// TestFramesAreCopies keeps the live view's history its own.
func TestFramesAreCopies(t *testing.T) {
	var m Monitor
	m.Add(interval(target, 7))
	m.Frame(of(target)).QueueHistory[0] = 1000
	if got := m.Frame(of(target)).QueueHistory[0]; got != 7 {
		t.Errorf("the history changed to %d by a change of the frame", got)
	}
}

// TestTargets tells them apart by process id and start, in the order in which
// they came.
func TestTargets(t *testing.T) {
	other, again := target, target
	other.PID, again.StartTicks = 4712, 100
	tests := []struct {
		name string
		add  []snapshot.Target
		want []uint64 // spans exported, by target
	}{
		{"none", nil, nil},
		{"one", []snapshot.Target{target, target}, []uint64{46}},
		{"two", []snapshot.Target{target, other, target}, []uint64{46, 23}},
		{"a pid that was used before", []snapshot.Target{target, target, again}, []uint64{46, 23}},
		{"the first to be seen is the first", []snapshot.Target{other, target, other, again}, []uint64{46, 23, 23}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var m Monitor
			for n, target := range test.add {
				m.Add(interval(target, n))
			}
			var totals, frames []uint64
			for _, r := range m.Totals() {
				totals = append(totals, exported(r))
			}
			for _, f := range m.Frames() {
				frames = append(frames, exported(f.Total))
			}
			if !slices.Equal(totals, test.want) || !slices.Equal(frames, test.want) {
				t.Errorf("totals %v and frames %v, want %v", totals, frames, test.want)
			}
		})
	}
}

func TestStates(t *testing.T) {
	silent := snapshot.Snapshot{Target: target, Start: start, Elapsed: time.Second}
	busy := interval(target, 1)
	exportOnly, ended, endedSilent, blind := busy, busy, silent, silent
	exportOnly.Processors = nil
	blind.Missing = []snapshot.Missing{{What: "processors", Why: "no probes are placed"}}
	ended.Ended, endedSilent.Ended = true, true
	const waiting, over = "waiting for the first span to end", "the process has ended"
	tests := []struct {
		name string
		add  []snapshot.Snapshot
		want string
	}{
		{"nothing yet", []snapshot.Snapshot{silent}, waiting},
		{"no probes", []snapshot.Snapshot{blind}, ""},
		{"at work", []snapshot.Snapshot{busy}, ""},
		{"exports without a batch processor", []snapshot.Snapshot{exportOnly}, ""},
		{"silent at first", []snapshot.Snapshot{silent, busy}, ""},
		{"silent now", []snapshot.Snapshot{busy, silent}, ""},
		{"ended", []snapshot.Snapshot{busy, ended}, over},
		{"ended without a span", []snapshot.Snapshot{silent, endedSilent}, over},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var m Monitor
			for _, s := range test.add {
				m.Add(s)
			}
			if got := m.Frames()[0].State; got != test.want {
				t.Errorf("state %q, want %q", got, test.want)
			}
		})
	}
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	var m Monitor
	var all sync.WaitGroup
	for pid := range 4 {
		all.Go(func() {
			target := snapshot.Target{PID: pid}
			for n := range 20 {
				m.Add(interval(target, n))
				m.Frame(of(target))
				m.Frames()
				m.Totals()
			}
		})
	}
	all.Wait()
	for _, r := range m.Totals() {
		if got := exported(r); got != 460 {
			t.Errorf("pid %d exported %d spans, want 460", r.Target.PID, got)
		}
	}
}

// TestFindingsStandInEveryOutput raises one finding and looks for it in all that
// outputs take from a Monitor.
func TestFindingsStandInEveryOutput(t *testing.T) {
	m := Monitor{Limits: report.Limits{Drops: 0.5}}
	for n := range 10 {
		s := interval(target, n)
		s.Processors[0].After.Dropped = 100
		m.Add(s)
	}
	reports := map[string]report.Report{
		"total": m.Totals()[0], "last": m.Last(of(target)), "live view": m.Frame(of(target)).Total,
	}
	for what, r := range reports {
		if len(r.Findings) != 1 || r.Findings[0].ID != "span-drop" || r.Findings[0].Severity != "warning" {
			t.Errorf("%s: %+v", what, r.Findings)
		}
	}
	if r := m.Last(of(target)); r.Window.Seconds != 1 {
		t.Errorf("the last interval took %v s", r.Window.Seconds)
	}
}

// TestForgottenBeforeItIsShown has so many other targets end while a caller waits to
// show what one has ended with.
func TestForgottenBeforeItIsShown(t *testing.T) {
	var m Monitor
	last := ended(target, 1)
	m.Add(last)
	for n := range maxEnded {
		m.Add(ended(snapshot.Target{PID: 10_000 + n}, 1))
	}
	if m.Forgotten().Targets != 1 {
		t.Fatalf("%d targets are forgotten, want 1", m.Forgotten().Targets)
	}
	if r := m.Last(last); exported(r) != 23 || r.Target.PID != target.PID {
		t.Errorf("%d spans exported by %+v, want 23", exported(r), r.Target)
	}
	if f := m.Frame(last); exported(f.Total) != 23 || exported(f.Recent) != 23 || !f.Ended {
		t.Errorf("%+v, want that 23 spans were exported and it has ended", f)
	}
}
