package agent

import (
	"errors"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/budget"
	"github.com/otwatch/otwatch/internal/probes"
)

// unreadable is a prober whose counters can no longer be read.
type unreadable struct{ unprobed }

func (unreadable) Usage() (probes.Usage, error) { return probes.Usage{}, errors.New("no such map") }

// TestPartIsGivenBack leaves the whole cap to the other target, whether or not it can be
// read what the first has spent.
func TestPartIsGivenBack(t *testing.T) {
	exports := func(s *hostLimit) time.Duration {
		limits := make([]time.Duration, len(probes.Groups))
		for i := range limits {
			limits[i] = time.Hour
		}
		return s.limits(budget.Usage{Spent: make([]time.Duration, len(limits))}, limits)[probes.Exports]
	}
	alone := exports(NewHostCap(0.01, 2).join(1, 1))
	for name, prober := range map[string]prober{"readable": unprobed(""), "unreadable": unreadable{}} {
		t.Run(name, func(t *testing.T) {
			cap := NewHostCap(0.01, 2)
			w := &Watcher{probes: prober, host: cap.join(1, 1)}
			other := cap.join(2, 1)
			exports(w.host)
			if beside := exports(other); beside >= alone {
				t.Fatalf("beside another target %v may be spent, by itself %v: this test could not fail", beside, alone)
			}
			if err := w.detach(); err != nil {
				t.Fatal(err)
			}
			if after := exports(other); after != alone {
				t.Errorf("%v may be spent when the other target is gone, want %v", after, alone)
			}
		})
	}
}
