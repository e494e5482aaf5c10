package field

import (
	"math"
	"sort"
	"time"

	"github.com/dustin/go-humanize"
)

// between is a count of which the bounds are known: what happened at the edges of a window
// may belong to it or not.
type between struct{ low, high float64 }

func (b between) String() string {
	low, high := humanize.Comma(int64(math.Round(b.low))), humanize.Comma(int64(math.Round(b.high)))
	if low == high {
		return low
	}
	return low + " to " + high
}

// edge is how far what the program, the receiver and otwatch know of may be apart: an
// export begins before it arrives, and returns later.
const edge = 250 * time.Millisecond

// reading is what a program printed at one time: counters by name.
type reading map[string]int64

func (r reading) at() time.Time { return time.UnixMicro(r["us"]) }

// arrival is one export as the receiver knows it.
type arrival struct {
	at              time.Time
	spans, rejected int
	refused         bool
}

// truth is what happened while otwatch watched.
type truth struct {
	from, to time.Time
	readings []reading
	arrivals []arrival
	untraced []reading // of a run with the no-op provider
	starved  bool      // the program did not get the CPU time that it asked for
}

// counted is how far a counter of the program went, to the tenth of a second.
func (t truth) counted(name string) between {
	const apart = 100 * time.Millisecond
	return between{
		t.value(name, t.to.Add(-apart)) - t.value(name, t.from.Add(apart)),
		t.value(name, t.to.Add(apart)) - t.value(name, t.from.Add(-apart)),
	}
}

// value is a counter at a time: that of the last reading before.
func (t truth) value(name string, at time.Time) float64 {
	next := sort.Search(len(t.readings), func(i int) bool { return t.readings[i].at().After(at) })
	if next == 0 {
		return 0
	}
	return float64(t.readings[next-1][name])
}

// received sums up exports that arrived.
func (t truth) received(count func(arrival) int) (sum between) {
	for _, a := range t.arrivals {
		if a.at.After(t.from.Add(edge)) && a.at.Before(t.to.Add(-edge)) {
			sum.low += float64(count(a))
		}
		if a.at.After(t.from.Add(-edge)) && a.at.Before(t.to.Add(edge)) {
			sum.high += float64(count(a))
		}
	}
	return sum
}

// Parts of an export.
func accepted(a arrival) int {
	if a.refused {
		return 0
	}
	return a.spans - a.rejected
}

func rejected(a arrival) int {
	if a.refused {
		return 0
	}
	return a.rejected
}

func refused(a arrival) int {
	if a.refused {
		return a.spans
	}
	return 0
}

func started(t truth) between       { return t.counted("started") }
func spansAccepted(t truth) between { return t.received(accepted) }
func spansRefused(t truth) between  { return t.received(refused) }
func spansRejected(t truth) between { return t.received(rejected) }
func none(truth) between            { return between{} }

// spansLost are those that have ended and did not arrive, of a program whose queue is
// empty at the end, or which has ended.
func spansLost(t truth) between {
	over, got := t.counted("ended"), t.received(accepted)
	return between{over.low - got.high, over.high - got.low}
}

// share is what tracing costs, in percent of the CPU time: the difference between the
// program and the same without tracing, by request.
func (t truth) share() between {
	const apart = 4 // of two runs of the same, on a machine that has other things to do
	traced := costs(t.readings)
	share := 100 * (traced - costs(t.untraced)) / traced
	return between{share - apart, share + apart}
}

// costs is the CPU time of a request.
func costs(readings []reading) float64 {
	if len(readings) == 0 {
		return math.NaN()
	}
	first, last := readings[0], readings[len(readings)-1]
	return float64(last["cpu_us"]-first["cpu_us"]) / float64(last["requests"]-first["requests"])
}
