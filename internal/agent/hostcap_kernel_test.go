package agent

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/budget"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestHostCapHolds has busy targets, each of which alone may spend more than the cap
// leaves for all. What is charged to all of them stays under the cap in every window, and
// reports say so if there is no budget for counting spans.
func TestHostCapHolds(t *testing.T) {
	testtarget.NeedRoot(t)
	const (
		targets   = 4
		each      = 0.25
		cores     = 2
		watched   = budget.Window + 2*time.Second
		unlimited = budget.Unlimited
	)
	for range targets {
		startWaited(t, "-rate", "1000")
	}
	for _, test := range []struct {
		name  string
		share float64 // of all cores
		least int     // of reports, that have to say that it leaves no room for counting spans
		most  int     // that may
	}{
		{"without a cap", unlimited, 0, 0},
		{"a cap for some at a time", 0.001, 0, targets - 1},
		{"a cap for exports alone", 0.0003, targets, targets},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := startCapped(t, restlessAlone(t), each, NewHostCap(test.share, cores))
			time.Sleep(watched)
			w.stop()
			if len(w.seen) != targets {
				t.Fatalf("%d targets were watched, want %d", len(w.seen), targets)
			}
			// Without a cap they are charged more than any of the caps.
			limit := time.Duration(min(test.share, 0.001) * cores * float64(budget.Window))
			most := mostCharged(w.seen)
			t.Logf("%v were charged in %v at the most; %v is the limit", most, budget.Window, limit)
			if over := most > limit; over != (test.share == unlimited) {
				t.Errorf("%v were charged in %v, the limit is %v", most, budget.Window, limit)
			}
			if most == 0 {
				t.Error("nothing was charged: nothing was watched")
			}
			say := 0
			for _, seen := range w.seen {
				if blamesHostBudget(analyzer.Analyze(testsnapshot.Merged(seen)), "spans.started") {
					say++
				}
			}
			if say < test.least || say > test.most {
				t.Errorf("%d reports lay it to the host's budget that spans are not counted, want %d to %d", say, test.least, test.most)
			}
		})
	}
}

func blamesHostBudget(r report.Report, figure string) bool {
	return slices.ContainsFunc(r.Missing, func(m snapshot.Missing) bool {
		return m.What == figure && strings.Contains(m.Why, "--host-budget")
	})
}

// mostCharged is the most that all targets together were charged within any Window.
func mostCharged(seen map[int][]snapshot.Snapshot) (most time.Duration) {
	var all []snapshot.Snapshot
	for _, of := range seen {
		all = append(all, of...)
	}
	for _, last := range all {
		end, sum := last.Start.Add(last.Elapsed), time.Duration(0)
		for _, s := range all {
			if !s.Start.Before(end.Add(-budget.Window)) && !s.Start.Add(s.Elapsed).After(end) {
				sum += s.Probing.TargetCPU
			}
		}
		most = max(most, sum)
	}
	return most
}
