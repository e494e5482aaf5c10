package agent

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otwatch/otwatch/internal/accounting"
	"github.com/otwatch/otwatch/internal/budget"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// inPlace is a prober that knows which groups are open.
type inPlace struct {
	unprobed
	open map[probes.Group]bool
}

func (p inPlace) Open(g probes.Group) error { p.open[g] = true; return nil }
func (p inPlace) Shut(shut ...probes.Group) error {
	for _, g := range shut {
		delete(p.open, g)
	}
	return nil
}
func (p inPlace) IsOpen(g probes.Group) bool { return p.open[g] }

// TestOutputStandsStill leaves no probe on the path of every span while emit blocks,
// unless the budget is unlimited.
func TestOutputStandsStill(t *testing.T) {
	full := errors.New("no more")
	standing := 0
	for _, g := range probes.Groups {
		if g.Standing() {
			standing++
		}
	}
	for _, test := range []struct {
		name  string
		share float64
		takes time.Duration
		open  int // groups, in the end
	}{
		{"taken at once", 0.01, 0, len(probes.Groups)},
		{"taken in time", 0.01, balanceInterval / 2, len(probes.Groups)},
		{"not taken for a minute", 0.01, time.Minute, standing},
		{"without a limit", budget.Unlimited, time.Minute, len(probes.Groups)},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, gated := inPlace{open: map[probes.Group]bool{}}, false
				gate := func(shut bool) error { gated = shut; return nil }
				hit := probes.Cost{Emulated: time.Microsecond}
				w := &Watcher{probes: p, windows: newWindows(p, hit, test.share, Config{}, &hostLimit{}, accounting.NewComponents(nil, 0), gate)}
				limits := make([]time.Duration, len(probes.Groups))
				for i := range limits {
					limits[i] = time.Hour
				}
				if err := w.windows.openAll(limits); err != nil {
					t.Fatal(err)
				}
				err := w.deliver(snapshot.Snapshot{}, func(snapshot.Snapshot) error { time.Sleep(test.takes); return full })
				if !errors.Is(err, full) {
					t.Errorf("%v, want %v", err, full)
				}
				if len(p.open) != test.open || !p.open[probes.Exports] || gated != p.open[probes.Spans] {
					t.Errorf("probes of %v are in place and samples set aside: %v; want %d groups", p.open, gated, test.open)
				}
			})
		})
	}
}
