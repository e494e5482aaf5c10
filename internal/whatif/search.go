package whatif

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sort"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// AcceptedDrops is the share of drops that a setting found by Search stays below in every
// replay, with exports as slow as they may be.
const AcceptedDrops = 0.001

// ErrExportsAreTheLimit means that no queue helps: exports are too slow for the spans
// that end.
var ErrExportsAreTheLimit = errors.New("exports cannot keep up")

// slotBytes is the memory of an empty slot in the queue or batch: an interface value.
const slotBytes = 16

// QueueMemory is the memory of a processor's full queue and batch, in bytes; for absurd
// settings the largest number.
func QueueMemory(s snapshot.Settings, bytesPerSpan uint64) uint64 {
	places, carry := bits.Add64(s.MaxQueueSize, s.MaxExportBatchSize, 0)
	each, carryEach := bits.Add64(slotBytes, bytesPerSpan, 0)
	high, bytes := bits.Mul64(places, each)
	if carry+carryEach+high > 0 {
		return math.MaxUint64
	}
	return bytes
}

// What Search tries besides the current settings. It tries no shorter delays: they never
// lower drops.
var (
	triedQueues  = []uint64{256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536}
	triedBatches = []uint64{128, 256, 512, 1024, 2048, 4096, 8192}
	triedDelays  = []time.Duration{time.Second, 5 * time.Second}
)

// Search finds the setting whose queue and batch need the least memory, among those that
// need at most maxBytes and keep drops below AcceptedDrops; among equals the one with the
// fewest changes, then the smallest batch, then the shortest delay. It replays the load
// at most 500 times. If no setting is good enough the error is ErrExportsAreTheLimit.
func (r *Replay) Search(current snapshot.Settings, bytesPerSpan, maxBytes uint64) (*Forecast, error) {
	if err := checkSettings(current); err != nil {
		return nil, err
	}
	s := search{replay: r, current: current, bytesPerSpan: bytesPerSpan, maxBytes: maxBytes}
	for _, delay := range s.delays() {
		for _, batch := range with(triedBatches, current.MaxExportBatchSize) {
			s.try(batch, delay)
		}
	}
	if err := r.exhausted(); err != nil {
		return nil, err
	}
	if s.best == nil {
		return nil, fmt.Errorf("%w: no queue and batch of %d bytes or less keep drops below %.1f %%; make exports faster or sample less",
			ErrExportsAreTheLimit, maxBytes, 100*AcceptedDrops)
	}
	return r.forecast(*s.best), r.exhausted()
}

// search is the state of one Search.
type search struct {
	replay                 *Replay
	current                snapshot.Settings
	bytesPerSpan, maxBytes uint64
	best                   *snapshot.Settings
}

// try looks for the shortest queue that is good enough with a batch and a delay, among
// those that would be better than the best so far. It assumes that a longer queue never
// drops more, and searches by bisection.
func (s *search) try(batch uint64, delay time.Duration) {
	var candidates []snapshot.Settings
	for _, queue := range with(triedQueues, s.current.MaxQueueSize) {
		candidate := s.current
		candidate.MaxQueueSize, candidate.MaxExportBatchSize, candidate.BatchTimeout = queue, batch, delay
		if queue >= batch && s.betters(candidate) {
			candidates = append(candidates, candidate)
		}
	}
	found := sort.Search(len(candidates), func(i int) bool {
		return s.replay.accepts(candidates[i])
	})
	if found < len(candidates) {
		s.best = &candidates[found]
	}
}

// betters reports whether a candidate fits into the memory and comes before the best so
// far in Search's order.
func (s *search) betters(candidate snapshot.Settings) bool {
	memory := QueueMemory(candidate, s.bytesPerSpan)
	if memory > s.maxBytes || s.best == nil {
		return memory <= s.maxBytes
	}
	return cmp.Or(
		cmp.Compare(memory, QueueMemory(*s.best, s.bytesPerSpan)),
		cmp.Compare(changes(s.current, candidate), changes(s.current, *s.best)),
		cmp.Compare(candidate.MaxExportBatchSize, s.best.MaxExportBatchSize),
		cmp.Compare(candidate.BatchTimeout, s.best.BatchTimeout),
	) < 0
}

// delays are the current delay and the longer ones.
func (s *search) delays() []time.Duration {
	delays := []time.Duration{s.current.BatchTimeout}
	for _, delay := range triedDelays {
		if delay > s.current.BatchTimeout {
			delays = append(delays, delay)
		}
	}
	return delays
}

// changes counts the settings that differ.
func changes(a, b snapshot.Settings) (n int) {
	for _, differs := range []bool{a.MaxQueueSize != b.MaxQueueSize, a.MaxExportBatchSize != b.MaxExportBatchSize, a.BatchTimeout != b.BatchTimeout} {
		if differs {
			n++
		}
	}
	return n
}

// with inserts a size into ascending sizes.
func with(sizes []uint64, size uint64) []uint64 {
	all := append(slices.Clone(sizes), size)
	slices.Sort(all)
	return slices.Compact(all)
}
