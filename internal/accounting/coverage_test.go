package accounting

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const oneSecond = uint64(time.Second)

// exportEvery records exports of one span that take so long, one each so often, as far as
// they return between two moments. Those that began before the first moment are unmatched. It
// returns those that are under way at the second moment.
func exportEvery(c *Components, every, takes time.Duration, fromNS, untilNS uint64) (busy []probes.Flight) {
	for ended := oneSecond / 2; ended <= untilNS+uint64(takes); ended += uint64(every) {
		call := probes.Call{Of: probes.Export, StartedNS: ended - uint64(takes), EndedNS: ended, Receiver: exporterA, Length: 1}
		begun := call.StartedNS >= fromNS
		if !begun {
			call = probes.Call{Of: probes.Export, EndedNS: ended}
		}
		switch {
		case ended > untilNS && begun && call.StartedNS <= untilNS:
			busy = append(busy, probes.Flight{Of: probes.Export, Exporter: exporterA, StartedNS: call.StartedNS})
		case ended >= fromNS && ended <= untilNS:
			c.addExport(call)
		}
	}
	return busy
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
				busy := exportEvery(c, 10*time.Millisecond, test.takes, from, from+oneSecond/10)
				c.ObserveUntil(from+oneSecond/10, test.spent, busy)
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
	c.ObserveUntil(10*oneSecond, true, exportEvery(c, 10*time.Millisecond, 0, oneSecond, 10*oneSecond))
	if taken := c.Take(nil, 11*oneSecond); taken.Stretches.Filled != 0 || taken.Stretches.Unobserved != time.Second {
		t.Errorf("before the first stretch: %+v", taken.Stretches)
	}
	c.ObserveFrom(11 * oneSecond)
	c.ObserveUntil(12*oneSecond, false, exportEvery(c, 100*time.Millisecond, 0, 11*oneSecond, 12*oneSecond))
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
	c.ObserveUntil(from+oneSecond/100, false, nil)
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

// TestLongExportsInShortStretches exports 500 times a second, for 2 ms or, one in twenty, for a long
// time. It is observed for 30 ms of each second: among the exports that are seen to return long
// ones are fewer.
func TestLongExportsInShortStretches(t *testing.T) {
	const stretch = 30 * time.Millisecond
	for _, test := range []struct {
		name   string
		long   time.Duration
		longer bool // long exports are not seen to return
	}{
		{"they fit", 18 * time.Millisecond, false},
		{"they do not fit", 40 * time.Millisecond, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, random := testComponents(), rand.New(rand.NewPCG(1, 2))
			var counted, long uint64
			var longer float64
			for i := range uint64(400) {
				from := (i+1)*oneSecond + oneSecond/3
				until := from + uint64(stretch)
				c.ObserveFrom(from)
				var busy []probes.Flight
				for at := from - oneSecond/10; at < until; at += uint64(random.ExpFloat64() * float64(2*time.Millisecond)) {
					call := probes.Call{Of: probes.Export, StartedNS: at, EndedNS: at + uint64(2*time.Millisecond), Receiver: exporterA, Length: 1}
					if random.IntN(20) == 0 {
						call.EndedNS = at + uint64(test.long)
					}
					if at < from {
						call.StartedNS = 0
					}
					switch {
					case call.EndedNS > until && at >= from:
						busy = append(busy, probes.Flight{Of: probes.Export, StartedNS: at})
					case call.EndedNS >= from && call.EndedNS <= until:
						c.addExport(call)
					}
				}
				c.ObserveUntil(until, false, busy)
				taken := c.Take(nil, (i+2)*oneSecond)
				longer += taken.Stretches.Longer
				for _, e := range taken.Exports {
					counted += e.Operations
					for _, op := range e.Latest {
						if op.Duration > 3*time.Millisecond {
							long++
						}
					}
				}
			}
			part, unseen := (float64(long)+longer)/float64(counted), longer/float64(counted)
			if test.longer != (unseen > 0.04) {
				t.Errorf("%.4f take longer than all that returned", unseen)
			}
			if counted < 195_000 || counted > 205_000 || part < 0.045 || part > 0.055 {
				t.Errorf("%d exports, %.4f of them long; want 200,000, a twentieth", counted, part)
			}
		})
	}
}
