package whatif

import (
	"math/rand/v2"
	"slices"
	"time"
)

// maxArrivals bounds a replay's work. A load of more is replayed in larger
// steps: ten million spans in steps of about 150.
const maxArrivals = 1 << 16

// arrival is a number of spans that end at one moment after the load's start.
type arrival struct {
	at    time.Duration
	spans int
}

// step is how many spans a replay places at one moment.
func (l Load) step() int { return max(1, l.Together, int(l.spans()/maxArrivals)+1) }

// arrivals places the load's spans in time, in order, at random moments of
// their interval that depend on nothing but the seed: a load with more spans
// has the same ones and others besides. They take the memory of ones that are not
// needed any more.
func (l Load) arrivals(seed uint64, memory []arrival) []arrival {
	together := l.step()
	all := slices.Grow(memory[:0], int(l.spans())/together+len(l.Intervals))
	var start time.Duration
	for i, interval := range l.Intervals {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		from := len(all)
		for left := int(interval.Spans); left > 0 && interval.Length > 0; left -= together {
			at := start + time.Duration(random.Int64N(int64(interval.Length)))
			all = append(all, arrival{at, min(left, together)})
		}
		slices.SortFunc(all[from:], func(a, b arrival) int { return int(a.at - b.at) })
		start += max(0, interval.Length)
	}
	return all
}
