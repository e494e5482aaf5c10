package whatif

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"time"
)

// Load is what was observed of one batch span processor. Forecasts replay it under other
// settings.
type Load struct {
	// Intervals follow each other without gaps. Spans end at random moments of their
	// interval: the shorter the intervals, the better bursts are known (docs/whatif.md).
	Intervals []Interval
	// Together is how many spans end at about the same moment, as those of one request
	// do; 0 means 1.
	Together int
	// Backlog is the number of spans that waited when the first interval began.
	Backlog int
	// Exports are replayed in their order, so that slow ones that followed each other do
	// so again.
	Exports []Export
}

// Interval is a period, and the number of sampled spans that ended in it, including
// dropped ones.
type Interval struct {
	Length time.Duration
	Spans  uint64
}

// Export is one export that returned, with or without an error: the processor waits for
// both.
type Export struct {
	Spans    int
	Duration time.Duration
}

// Why a forecast cannot be made.
var (
	ErrNoTime    = errors.New("nothing to replay: no interval of any length was observed")
	ErrNoExports = errors.New("nothing to replay: no export of any span was observed")
	ErrTooMuch   = errors.New("too much to replay: more than three days, or four billion spans")
	// ErrTooLong is for settings, spans and exports that need too many steps together.
	ErrTooLong = fmt.Errorf("a replay takes more than %d steps", mostSteps)
)

// check returns why l cannot be replayed, nil if it can.
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

// tooMany and tooLong are more than check accepts. Larger values are cut to them, so that
// sums do not overflow.
const (
	tooMany = 2 * maxArrivals * maxStep
	tooLong = 2 * longest
)

// length is the duration of the load.
func (l Load) length() (sum time.Duration) {
	for _, interval := range l.Intervals {
		sum = min(sum+min(max(0, interval.Length), tooLong), tooLong)
	}
	return sum
}

// spans is how many ended in all. Numbers that are too large to replay are cut.
func (l Load) spans() (sum uint64) {
	for _, interval := range l.Intervals {
		if interval.Length > 0 {
			sum = min(sum+min(interval.Spans, tooMany), tooMany)
		}
	}
	return sum
}

// largeLoad is the number of spans from which on a replay is coarser, to be no slower:
// three replays of so many hardly differ.
const largeLoad = 1 << 20

func (l Load) large() bool { return l.spans() > largeLoad }

// seed is a hash of the exports and of the intervals' lengths, without the spans: a load
// with more spans has the same ones and more.
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
