package monitor

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// ended is the last interval of a target.
func ended(target snapshot.Target, n int) snapshot.Snapshot {
	s := interval(target, n)
	s.Ended = true
	s.Samples = snapshot.Samples{Hz: 100, Stacks: []snapshot.Stack{snapshot.NewStack(7, &snapshot.Frame{Function: "main.main"})}}
	s.Probing.Hits = 1
	return s
}

// TestEndedKeepsItsReports keeps nothing that these were made of.
func TestEndedKeepsItsReports(t *testing.T) {
	for _, keep := range []bool{false, true} {
		m := Monitor{Keep: history.Keep{Stacks: keep}}
		m.Add(interval(checkout, 0))
		m.Add(ended(checkout, 1))
		if r := m.Totals()[0]; exported(r) != 46 || r.Window.Seconds != 2 {
			t.Errorf("%d spans exported in %v s, want 46 in 2", exported(r), r.Window.Seconds)
		}
		if r := m.Last(of(checkout)); exported(r) != 23 {
			t.Errorf("%d spans exported in the last interval, want 23", exported(r))
		}
		if f := m.Frame(of(checkout)); !f.Ended || f.State != "the process has ended" {
			t.Errorf("ended %v, state %q", f.Ended, f.State)
		}
		if kept := m.targets[0]; kept.judge != nil || len(kept.history.Past().Intervals) > 0 || len(kept.snapshot().Exports) > 0 {
			t.Errorf("of the ended target is left: %+v", kept)
		}
		if samples := m.Snapshots()[0].Samples; (len(samples.Stacks) == 1) != keep {
			t.Errorf("samples are kept: %v, want %v", samples, keep)
		}
	}
}

// TestReplacedProgram expects a second target.
func TestReplacedProgram(t *testing.T) {
	var m Monitor
	m.Add(ended(checkout, 0))
	m.Add(interval(checkout, 1))
	m.Add(interval(checkout, 2))
	totals := m.Totals()
	if len(totals) != 2 || exported(totals[0]) != 23 || exported(totals[1]) != 46 {
		t.Fatalf("%d targets, want two: %+v", len(totals), totals)
	}
	if f := m.Frame(of(checkout)); f.Ended || exported(f.Total) != 46 {
		t.Errorf("the frame is of %+v, want the program that runs", f.Total.Window)
	}
}

// TestEndedAreForgotten keeps only the number and the cost of older ones.
func TestEndedAreForgotten(t *testing.T) {
	var m Monitor
	const more = 23
	for pid := range maxEnded + more {
		m.Add(ended(snapshot.Target{PID: pid}, pid))
	}
	m.Add(interval(checkout, maxEnded+more))
	totals := m.Totals()
	if len(totals) != maxEnded+1 || totals[0].Target.PID != more {
		t.Errorf("%d targets are remembered from pid %d on, want %d from %d", len(totals), totals[0].Target.PID, maxEnded+1, more)
	}
	if f := m.Forgotten(); f.Targets != more || f.Probe.Hits != more {
		t.Errorf("forgotten: %+v, want %d with a hit each", f, more)
	}
	if frames := m.Frames(); len(frames) != shownEnded+1 || frames[0].Total.Window.Start != start.Add((maxEnded+more-shownEnded)*time.Second) {
		t.Errorf("%d targets are shown, want %d that ended last and the one that runs", len(frames), shownEnded)
	}
}
