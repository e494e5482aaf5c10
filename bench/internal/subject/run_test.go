package subject

import (
	"context"
	"os"
	"testing"
	"time"
)

func newBench(t *testing.T) *Bench {
	t.Helper()
	b, err := New("../../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// TestRunCountsRequests makes 23 requests of a program that makes its own load
// and of servers.
func TestRunCountsRequests(t *testing.T) {
	b := newBench(t)
	for _, p := range []Program{Load, HTTPServer, GRPCServer} {
		s := Subject{Name: p.name(), Program: p, Rate: 230}
		use, err := b.Run(t.Context(), s, 100*time.Millisecond, Nobody)
		if err != nil {
			t.Fatal(err)
		}
		if use.Requests != 23 || use.CPU <= 0 || use.PerRequest() <= 0 {
			t.Errorf("%s: %+v, want 23 requests and some CPU time", p.name(), use)
		}
	}
}

// TestObserverSeesTheProcess wants the observer called with the subject's pid
// before the load and finished after the subject's end.
func TestObserverSeesTheProcess(t *testing.T) {
	var seen int
	finished := false
	observe := func(_ context.Context, pid int, executable string) (func() error, error) {
		seen = pid
		if _, err := os.Stat(executable); err != nil {
			t.Error(err)
		}
		return func() error {
			finished = true
			if _, err := cpuClock(pid); err == nil {
				t.Error("the subject has not ended")
			}
			return nil
		}, nil
	}
	if _, err := newBench(t).Run(t.Context(), Subject{Program: Load, Rate: 230}, 100*time.Millisecond, observe); err != nil {
		t.Fatal(err)
	}
	if seen == 0 || !finished {
		t.Errorf("observed pid %d, finished %v", seen, finished)
	}
}

// TestFailureIsTold runs a program that refuses its arguments.
func TestFailureIsTold(t *testing.T) {
	b := newBench(t)
	broken := Load
	broken.Command = func(r Run) ([]string, []string, error) { return []string{"-protocol", "none"}, nil, nil }
	if _, err := b.Run(t.Context(), Subject{Program: broken, Rate: 230}, 100*time.Millisecond, Nobody); err == nil {
		t.Error("a program that does not start was measured")
	}
}
