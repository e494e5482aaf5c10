package monitor

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// watchedBy is what is shown at the end of a target whose intervals start at the times of a
// clock.
func watchedBy(clock func(n int) time.Time) (report.Frame, report.Report) {
	var m Monitor
	for n := range 400 {
		s := interval(checkout, n%100)
		s.Start, s.Process = clock(n), snapshot.Process{CPU: time.Second, RSS: uint64(50e6 + 1e5*n)}
		s.Exports[0].Address = exporterAddress + uint64(n/395) // rates of late are not those of all
		m.Add(s)
	}
	f := m.Frame(of(checkout))
	f.Total.Window.Start, f.Recent.Window.Start = time.Time{}, time.Time{}
	return f, m.Last(of(checkout))
}

// TestClockIsSet sets the clock while a target is watched: nothing but the times in Reports may
// change.
func TestClockIsSet(t *testing.T) {
	steady := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }
	want, wantLast := watchedBy(steady)
	for name, step := range map[string]time.Duration{"back": -time.Hour, "on": time.Hour, "back a little": -3 * time.Second} {
		t.Run(name, func(t *testing.T) {
			got, last := watchedBy(func(n int) time.Time {
				at := steady(n)
				if n >= 30 {
					at = at.Add(step)
				}
				if n >= 200 {
					at = at.Add(step)
				}
				return at
			})
			last.Window.Start = wantLast.Window.Start
			if diff := cmp.Diff([]any{want, wantLast}, []any{got, last}, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
				t.Errorf("(-the clock goes on +it is set):\n%s", diff)
			}
		})
	}
}
