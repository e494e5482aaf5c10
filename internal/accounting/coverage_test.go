package accounting

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const oneSecond = uint64(time.Second)

// exportEvery records exports of one span that take so long, one each so often, as far as
// they return between two moments. Those that began before the first moment are unmatched.
func exportEvery(c *Components, every, takes time.Duration, fromNS, untilNS uint64) {
	for ended := oneSecond / 2; ended <= untilNS; ended += uint64(every) {
		call := probes.Call{Of: probes.Export, StartedNS: ended - uint64(takes), EndedNS: ended, Receiver: exporterA, Length: 1}
		if call.StartedNS < fromNS {
			call = probes.Call{Of: probes.Export, EndedNS: ended}
		}
		if ended >= fromNS {
			c.addExport(call)
		}
	}
}

// TestExportsNotObserved counts the exports of a minute that are observed for a tenth of each
// second.
func TestExportsNotObserved(t *testing.T) {
	for _, test := range []struct {
		name  string
		takes time.Duration
		spent bool
		want  uint64
	}{
		{"they take no time", 0, false, 6000},
		{"half of them do not fit into a stretch", 50 * time.Millisecond, false, 6000},
		{"stretches end at a hit", 0, true, 5450},
		{"none fits", time.Second, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := testComponents()
			var all snapshot.Stretches
			var counted uint64
			for i := range uint64(60) {
				from := (i+1)*oneSecond + oneSecond/3
				c.ObserveFrom(from)
				exportEvery(c, 10*time.Millisecond, test.takes, from, from+oneSecond/10)
				c.ObserveUntil(from+oneSecond/10, test.spent)
				taken := c.Take(nil, (i+2)*oneSecond)
				all.Unobserved, all.Filled = all.Unobserved+taken.Stretches.Unobserved, all.Filled+taken.Stretches.Filled
				for _, e := range taken.Exports {
					counted += e.Operations
				}
			}
			if counted < test.want*95/100 || counted > test.want*105/100 {
				t.Errorf("%d exports, want about %d", counted, test.want)
			}
			if filled := test.want > 0; all.Unobserved < 50*time.Second || (all.Filled == all.Unobserved) != filled {
				t.Errorf("not observed for %v, filled up for %v: want all of it to be: %v", all.Unobserved, all.Filled, filled)
			}
		})
	}
}

// TestAlwaysObserved adds nothing.
func TestAlwaysObserved(t *testing.T) {
	c := testComponents()
	c.ObserveFrom(oneSecond)
	exportEvery(c, 10*time.Millisecond, 0, oneSecond, 10*oneSecond)
	taken := c.Take(nil, 10*oneSecond)
	if n := taken.Exports[0].Operations; n != 901 || taken.Stretches != (snapshot.Stretches{}) {
		t.Errorf("%d exports, and %+v", n, taken.Stretches)
	}
}

// TestLongObservationStandsForNothing waits for a stretch, which is not chosen by what there
// is to observe.
func TestLongObservationStandsForNothing(t *testing.T) {
	c := testComponents()
	c.ObserveFrom(oneSecond)
	exportEvery(c, 10*time.Millisecond, 0, oneSecond, 10*oneSecond)
	c.ObserveUntil(10*oneSecond, true)
	if taken := c.Take(nil, 11*oneSecond); taken.Stretches.Filled != 0 || taken.Stretches.Unobserved != time.Second {
		t.Errorf("before the first stretch: %+v", taken.Stretches)
	}
	c.ObserveFrom(11 * oneSecond)
	exportEvery(c, 100*time.Millisecond, 0, 11*oneSecond, 12*oneSecond)
	c.ObserveUntil(12*oneSecond, false)
	taken := c.Take(nil, 12*oneSecond)
	if n := taken.Exports[0].Operations; n < 20 || n > 22 || taken.Stretches.Filled != time.Second {
		t.Errorf("%d exports, and %+v", n, taken.Stretches)
	}
}

// TestKeptCopies exports 50,000 times a second, one in four for long, and observes some
// milliseconds of it: few exports are kept for the rest, in the same parts.
func TestKeptCopies(t *testing.T) {
	c := testComponents()
	from := 2 * oneSecond
	c.ObserveFrom(from)
	for i := range uint64(400) {
		ended := from + oneSecond/500 + i*oneSecond/50_000
		takes := 10 * uint64(time.Microsecond)
		if i%4 == 0 {
			takes *= 10
		}
		c.addExport(probes.Call{Of: probes.Export, StartedNS: ended - takes, EndedNS: ended, Receiver: exporterA, Length: 1})
	}
	c.ObserveUntil(from+oneSecond/100, false)
	c.Take(nil, from+oneSecond/100)
	e := c.Take(nil, from+oneSecond).Exports[0]
	long := 0
	for _, op := range e.Latest {
		if op.Duration > 50*time.Microsecond {
			long++
		}
	}
	if e.Operations < 30_000 || len(e.Latest) < maxCopies-50 || len(e.Latest) > maxCopies+50 || long < len(e.Latest)/5 || long > len(e.Latest)*3/10 {
		t.Errorf("of %d exports %d are kept, %d of them long; want about %d, and a quarter", e.Operations, len(e.Latest), long, maxCopies)
	}
}
