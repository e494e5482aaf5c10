package whatif

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"time"
)

// Load is what was observed of one batch span processor: what a forecast
// replays under other settings.
type Load struct {
	// Intervals follow each other without a gap. Within one, spans are taken to
	// end at random moments: the shorter the intervals, the more of a burst is
	// seen (docs/whatif.md).
	Intervals []Interval
	// Together is how many spans end at about one moment, as the spans of one
	// request do; 0 means 1.
	Together int
	// Backlog is the number of spans that waited when the first interval began.
	Backlog int
	// Exports are replayed in their order, so slow ones that followed each
	// other do so again.
	Exports []Export
}

// Interval is a stretch of time and the sampled spans that ended in it, dropped
// ones included.
type Interval struct {
	Length time.Duration
	Spans  uint64
}

// Export is one export that returned, with or without an error: the processor
// waits for both.
type Export struct {
	Spans    int
	Duration time.Duration
}

// Why a forecast cannot be made.
var (
	ErrNoTime    = errors.New("nothing to replay: no interval of any length was observed")
	ErrNoExports = errors.New("nothing to replay: no export of any span was observed")
	ErrTooMuch   = errors.New("too much to replay: more than three days, or four billion spans")
	// ErrTooLong is of what settings, spans and exports make together.
	ErrTooLong = fmt.Errorf("a replay takes more than %d steps", mostSteps)
)

// check says why l cannot be replayed.
func (l Load) check() error {
	if l.length() <= 0 {
		return ErrNoTime
	}
	if l.length() > longest || l.spans() > maxArrivals*maxStep {
		return ErrTooMuch
	}
	for _, export := range l.Exports {
		if export.Spans > 0 && export.Duration >= 0 {
			return nil
		}
	}
	return ErrNoExports
}

// tooMany and tooLong are above what check lets pass; more is cut to them, so that no
// sum overflows.
const (
	tooMany = 2 * maxArrivals * maxStep
	tooLong = 2 * longest
)

// length is the time observed.
func (l Load) length() (sum time.Duration) {
	for _, interval := range l.Intervals {
		sum = min(sum+min(max(0, interval.Length), tooLong), tooLong)
	}
	return sum
}

// spans is how many ended in all. What is too much to replay is not told apart.
func (l Load) spans() (sum uint64) {
	for _, interval := range l.Intervals {
		if interval.Length > 0 {
			sum = min(sum+min(interval.Spans, tooMany), tooMany)
		}
	}
	return sum
}

// largeLoad is from how many spans on a replay is coarser, to take no longer: three
// replays of so many hardly differ.
const largeLoad = 1 << 20

func (l Load) large() bool { return l.spans() > largeLoad }

// seed is a hash of the exports and of the intervals' lengths. The spans are
// left out: so more of them come on top of the same ones, not in their place.
func (l Load) seed() uint64 {
	hash := fnv.New64a()
	put := func(v uint64) { hash.Write(binary.LittleEndian.AppendUint64(nil, v)) }
	for _, interval := range l.Intervals {
		put(uint64(interval.Length))
	}
	for _, export := range l.Exports {
		put(uint64(export.Spans))
		put(uint64(export.Duration))
	}
	return hash.Sum64()
}
