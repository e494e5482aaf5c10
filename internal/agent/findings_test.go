package agent

import (
	"context"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// judge watches for some time, and returns the findings that hold then, as "severity id".
func (w *watch) judge(t *testing.T, d time.Duration) []string {
	t.Helper()
	var judge monitor.Monitor
	var last snapshot.Snapshot
	for seen := time.Duration(0); seen < d; {
		s, ok := <-w.seen
		if !ok {
			t.Fatalf("the process was seen for %v only", seen)
		}
		judge.Add(s)
		last = s
		seen += s.Elapsed
	}
	var found []string
	for _, f := range judge.Last(last).Findings {
		if f.Holds() {
			found = append(found, f.Severity+" "+f.ID)
		}
		t.Logf("%s %s: %s %v", f.Severity, f.ID, f.Title, f.Evidence)
	}
	return found
}

// TestFindingsOfRealProcesses has each fault alone, or with its consequences, and healthy
// processes beside them. There are no findings of cost: no CPU time is sampled here.
func TestFindingsOfRealProcesses(t *testing.T) {
	session := newSession(t)
	after := func(d time.Duration) testtarget.Answer {
		return func(ctx context.Context, _ uint64) (int64, error) {
			select {
			case <-time.After(d):
			case <-ctx.Done():
			}
			return 0, nil
		}
	}
	refuse := func(context.Context, uint64) (int64, error) { return 0, status.Error(codes.InvalidArgument, "no") }
	tests := []struct {
		name   string
		answer testtarget.Answer
		args   []string
		want   []string
		may    []string // true as well, at some moments
	}{
		{"healthy", testtarget.Accept, []string{"-rate", "500"}, nil, nil},
		{"healthy and slow to batch", testtarget.Accept, []string{"-rate", "20", "-delay", "1s"}, nil, nil},
		{"queue too small", after(50 * time.Millisecond), []string{"-rate", "3000", "-queue", "64", "-batch", "64", "-delay", "20ms"},
			[]string{"critical span-drop"}, []string{"critical queue-backlog"}}, // it is full for two thirds of the time
		{"collector too slow", after(1200 * time.Millisecond), []string{"-rate", "1000", "-queue", "256", "-batch", "64"},
			[]string{"critical queue-backlog", "critical span-drop", "critical export-slow"}, nil},
		{"slow, but nothing is lost", after(1200 * time.Millisecond), []string{"-rate", "50"}, []string{"critical export-slow"}, nil},
		{"refused", refuse, []string{"-rate", "200"}, []string{"critical export-errors"}, nil},
		{"synchronous", testtarget.Accept, []string{"-rate", "100", "-sync"}, []string{"warning sync-export"}, nil},
		{"synchronous and far away", after(15 * time.Millisecond), []string{"-rate", "50", "-sync"}, []string{"critical sync-export"}, nil},
	}
	watches := make([]*watch, len(tests))
	for i, test := range tests { // all at once, since most of the time is waiting
		args := append([]string{"-endpoint", testtarget.Receive(t, test.answer), "-spans", "1000000"}, test.args...)
		program := testtarget.Start(t, args...)
		watches[i] = startWatch(t, session, program.PID(), defaultBudget)
		program.Begin()
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found := watches[i].judge(t, 8*time.Second)
			for _, want := range test.want {
				if !slices.Contains(found, want) {
					t.Errorf("no %q among %q", want, found)
				}
			}
			for _, got := range found {
				if !slices.Contains(slices.Concat(test.want, test.may), got) && got != "info batch-config" {
					t.Errorf("%q has no cause here", got)
				}
			}
		})
	}
}
