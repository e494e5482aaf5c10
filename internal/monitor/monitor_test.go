package monitor

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

const processorAddress, exporterAddress = 0xa000, 0xb000

var (
	start    = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	checkout = snapshot.Target{PID: 4711, StartTicks: 99, ServiceName: "checkout"}
)

// interval is the nth second of a target: an export of 23 spans, and a queue of n.
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

// of is an empty interval of a target.
func of(target snapshot.Target) snapshot.Snapshot { return snapshot.Snapshot{Target: target} }

func exported(r report.Report) uint64 { return uint64(r.Spans.Exported.Value) }

func TestTotalsReachBackToTheBeginning(t *testing.T) {
	var m Monitor
	for n := range 100 {
		m.Add(interval(checkout, n))
	}
	totals := m.Totals()
	if len(totals) != 1 {
		t.Fatalf("%d reports of one target", len(totals))
	}
	if r := totals[0]; exported(r) != 2300 || r.Window.Seconds != 100 || !r.Window.Start.Equal(start) {
		t.Errorf("%d spans exported in %+v, want 2300 in 100 s from %v on", exported(r), r.Window, start)
	}
}

// TestFramesAreCopies keeps the live view's history its own.
func TestFramesAreCopies(t *testing.T) {
	var m Monitor
	m.Add(interval(checkout, 7))
	m.Frame(of(checkout)).QueueHistory[0] = 1000
	if got := m.Frame(of(checkout)).QueueHistory[0]; got != 7 {
		t.Errorf("the history changed to %d by a change of the frame", got)
	}
}

// TestTargets distinguishes targets by process ID and start, in the order in which they came.
func TestTargets(t *testing.T) {
	other, again := checkout, checkout
	other.PID, again.StartTicks = 4712, 100
	tests := []struct {
		name string
		add  []snapshot.Target
		want []uint64 // spans exported, by target
	}{
		{"none", nil, nil},
		{"one", []snapshot.Target{checkout, checkout}, []uint64{46}},
		{"two", []snapshot.Target{checkout, other, checkout}, []uint64{46, 23}},
		{"a pid that was used before", []snapshot.Target{checkout, checkout, again}, []uint64{46, 23}},
		{"the first to be seen is the first", []snapshot.Target{other, checkout, other, again}, []uint64{46, 23, 23}},
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
	silent := snapshot.Snapshot{Target: checkout, Start: start, Elapsed: time.Second}
	busy := interval(checkout, 1)
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

// TestReleased shows that a target is not watched any more. If it is watched again, that is
// another target.
func TestReleased(t *testing.T) {
	var m Monitor
	s := interval(checkout, 1)
	s.Released = true
	m.Add(interval(checkout, 0))
	m.Add(s)
	if f := m.Frame(s); !f.Ended || f.State != "not watched any more: it is no longer selected" {
		t.Errorf("ended %v, state %q", f.Ended, f.State)
	}
	m.Add(interval(checkout, 2))
	totals := m.Totals()
	if len(totals) != 2 || exported(totals[0]) != 46 || exported(totals[1]) != 23 {
		t.Errorf("%d targets, want one that exported 46 spans, and one that exported 23", len(totals))
	}
}

// TestLimitsOfTargets judges each by its own, from the next interval on.
func TestLimitsOfTargets(t *testing.T) {
	var m Monitor
	strict, other := report.Limits{Drops: 0.01}, snapshot.Target{PID: 4712}
	for n := range 10 {
		for target, limits := range map[int]report.Limits{checkout.PID: strict, other.PID: {Drops: 0.9}} {
			s := interval(snapshot.Target{PID: target}, n)
			s.Processors[0].After.Dropped = 2
			m.EnterBy(s, limits)()
		}
	}
	for _, r := range m.Totals() {
		if want := r.Target.PID == checkout.PID; len(r.Findings) > 0 != want {
			t.Errorf("pid %d: findings %+v, want some: %v", r.Target.PID, r.Findings, want)
		}
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

// TestFindingsStandInEveryOutput raises one finding, and expects it in everything that outputs
// take from a Monitor.
func TestFindingsStandInEveryOutput(t *testing.T) {
	m := Monitor{Limits: report.Limits{Drops: 0.5}}
	for n := range 10 {
		s := interval(checkout, n)
		s.Processors[0].After.Dropped = 100
		m.Add(s)
	}
	reports := map[string]report.Report{
		"total": m.Totals()[0], "last": m.Last(of(checkout)), "live view": m.Frame(of(checkout)).Total,
	}
	for what, r := range reports {
		if len(r.Findings) != 1 || r.Findings[0].ID != "span-drop" || r.Findings[0].Severity != "warning" {
			t.Errorf("%s: %+v", what, r.Findings)
		}
	}
	if r := m.Last(of(checkout)); r.Window.Seconds != 1 {
		t.Errorf("the last interval took %v s", r.Window.Seconds)
	}
}

// TestForgottenBeforeItIsShown has many other targets end while a caller waits to show the end
// of one.
func TestForgottenBeforeItIsShown(t *testing.T) {
	var m Monitor
	last := ended(checkout, 1)
	m.Add(last)
	for n := range maxEnded {
		m.Add(ended(snapshot.Target{PID: 10_000 + n}, 1))
	}
	if m.Forgotten().Targets != 1 {
		t.Fatalf("%d targets are forgotten, want 1", m.Forgotten().Targets)
	}
	if r := m.Last(last); exported(r) != 23 || r.Target.PID != checkout.PID {
		t.Errorf("%d spans exported by %+v, want 23", exported(r), r.Target)
	}
	if f := m.Frame(last); exported(f.Total) != 23 || exported(f.Recent) != 23 || !f.Ended {
		t.Errorf("%+v, want that 23 spans were exported and it has ended", f)
	}
}

// TestCourse finds a target by its process, and says what has become of it.
func TestCourse(t *testing.T) {
	m := Monitor{Keep: history.Keep{Timeline: true}, Charted: 1}
	first, second := testsnapshot.Busy(), testsnapshot.Busy()
	second.Target.PID++
	for range 3 {
		m.Add(first)
		m.Add(second)
	}
	charted, state, found := m.Course(first.Target.PID, first.Target.StartTicks)
	if !found || state != "" || len(charted.Stretches) == 0 {
		t.Errorf("found %t, %q, with %d stretches", found, state, len(charted.Stretches))
	}
	if bare, _, found := m.Course(second.Target.PID, second.Target.StartTicks); !found || len(bare.Stretches) > 0 {
		t.Errorf("found %t, with %d stretches beyond the limit", found, len(bare.Stretches))
	}
	if _, _, found := m.Course(first.Target.PID, 1); found {
		t.Error("a process that started at another time is found")
	}
	second.Ended = true
	m.Add(second)
	if _, state, found := m.Course(second.Target.PID, second.Target.StartTicks); !found || state == "" {
		t.Errorf("found %t, ended %q", found, state)
	}
	ended := 0
	for _, over := range m.All() {
		if over {
			ended++
		}
	}
	if ended != 1 {
		t.Errorf("%d targets have ended, want 1", ended)
	}
}
