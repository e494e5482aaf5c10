package whatif

import (
	"math/rand/v2"
	"slices"
	"time"
)

// maxArrivals bounds the work of a replay. A larger load is replayed in larger steps: ten
// million spans in steps of about 150.
const maxArrivals = 1 << 16

// arrival is a number of spans that end at one moment, counted from the beginning of the
// load.
type arrival struct {
	at    time.Duration
	spans int
}

// packed is an arrival in one word, since a replay has up to maxArrivals: the time in
// nanoseconds above the number of spans.
type packed uint64

const (
	spanBits = 16
	maxStep  = 1<<spanBits - 1
	longest  = time.Duration(1<<(64-spanBits) - 1) // three days
)

func pack(a arrival) packed { return packed(a.at)<<spanBits | packed(a.spans) }

func (p packed) arrival() arrival { return arrival{time.Duration(p >> spanBits), int(p & maxStep)} }

// step is how many spans a replay lets end at one moment.
func (l Load) step() int {
	most := uint64(maxArrivals)
	if l.large() {
		most /= 2
	}
	return min(max(1, l.Together, int(l.spans()/most)+1), maxStep)
}

// arrivals distributes the load's spans in time, in order, at random moments of their
// interval that depend on the seed only: a load with more spans has the same ones and
// others besides. The result uses the memory of arrivals that are no longer needed.
func (l Load) arrivals(seed uint64, memory []packed) []packed {
	together := l.step()
	all := slices.Grow(memory[:0], int(l.spans())/together+len(l.Intervals))
	var start time.Duration
	for i, interval := range l.Intervals {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		from := len(all)
		for left := int(interval.Spans); left > 0 && interval.Length > 0; left -= together {
			at := start + time.Duration(random.Int64N(int64(interval.Length)))
			all = append(all, pack(arrival{at, min(left, together)}))
		}
		slices.Sort(all[from:])
		start += max(0, interval.Length)
	}
	return all
}
