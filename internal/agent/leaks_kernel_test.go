package agent

import (
	"slices"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestOutcomesOfRealSpans is the experiment that misleads naive estimators, on real
// processes: at one site 1 % of the spans are kept forever, 1 % are abandoned, 1 % run
// for four seconds and 2 % end a second late, over far more than five collections. Other
// programs have the two kinds of leak that are common in practice, a leak that stops
// after half of the time, and none.
func TestOutcomesOfRealSpans(t *testing.T) {
	session := newSession(t)
	tests := []struct {
		name            string
		mode            string
		site            string
		budget          float64
		held, abandoned float64 // the truth
	}{
		{"every end is seen", "experiment", "main.(*load).request", 1, 0.01, 0.01},
		{"ends are seen in windows", "experiment", "main.(*load).request", 0.5, 0.01, 0.01},
		{"End skipped on one path", "skipped", "main.(*load).handle", defaultBudget, 0, 0.1},
		{"span started for a filtered call", "filtered", "main.(*load).intercept", defaultBudget, 0, 0.2},
		{"mended", "mended", "", defaultBudget, 0, 0.05},
		{"healthy", "healthy", "", defaultBudget, 0, 0},
	}
	programs := make([]*testtarget.Target, len(tests))
	watches := make([]*watch, len(tests))
	for i, test := range tests { // all at once, since most of the time is waiting
		programs[i] = testtarget.StartNamed(t, "leaks", "-endpoint", testtarget.Receive(t, testtarget.Accept), "-mode", test.mode, "-duration", "40s")
		watches[i] = startWatch(t, session, programs[i].PID(), test.budget)
		programs[i].Begin()
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			programs[i].AwaitLoad()
			r := watches[i].judged()
			if truth := programs[i].Shutdown(); truth["collections"] < 5 {
				t.Errorf("%v: the experiment takes five collections", truth)
			}
			f := watches[i].following
			t.Logf("settled %d, unfollowed %d, kept %d, gone %d", f.ReusedAfter, f.Unfollowed, f.Kept, f.Gone)
			for _, s := range f.Sites {
				t.Logf("%s followed %d ended %d (read %d) reused %d lost %d open %d held %d", s.Site.Function, s.Followed, s.Ended.Total(), s.Read, s.Reused.Total(), s.Lost.Total(), s.Open.Total(), s.Held.Total())
			}
			for _, l := range r.Leaks {
				t.Logf("%s:%d followed %d held %v abandoned %v oldest %.0f s, longest end %.1f s, held spans %v bytes %v",
					l.Function, l.Line, l.Followed, l.HeldOpen, l.Abandoned, l.OldestSeconds, l.LongestEndSeconds, l.HeldSpans, l.HeldBytes)
			}
			found := slices.IndexFunc(r.Findings, func(f report.Finding) bool { return f.ID == "span-leak" && f.Holds() })
			if leaked := test.abandoned > 0; watches[i].found["span-leak"] != leaked {
				t.Errorf("found at any time: %v, want %v", !leaked, leaked)
			}
			if test.site == "" {
				if found >= 0 {
					t.Errorf("%+v", r.Findings[found])
				}
				if slices.ContainsFunc(r.Missing, func(m snapshot.Missing) bool { return m.What == "findings.span-leak" }) {
					t.Error("it was not judged")
				}
				return
			}
			if found < 0 {
				t.Fatalf("no span-leak among %+v, missing %v", r.Findings, r.Missing)
			}
			t.Logf("%s: %s", r.Findings[found].Severity, r.Findings[found].Title)
			if l := r.Leaks[0]; l.Function != test.site || !strings.HasSuffix(l.File, "leaks/main.go") || l.Line == 0 {
				t.Errorf("site %s %s:%d", l.Function, l.File, l.Line)
			}
			holds(t, "held", orNone(r.Leaks[0].HeldOpen), test.held)
			holds(t, "abandoned", r.Leaks[0].Abandoned, test.abandoned)
		})
	}
}

// orNone is 0 if no span is open for long enough for an estimate.
func orNone(e *estimate.Estimate) *estimate.Estimate {
	if e == nil {
		return estimate.Counted(0)
	}
	return e
}
