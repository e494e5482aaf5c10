package monitor

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/findings"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxRecentBytes bounds the intervals kept for the live view: where each tells of
// hundreds of processors or names, they reach less far back.
const maxRecentBytes = 2 << 20

// tally is what is kept of one target, of one that has ended its final alone. All of
// it is bounded, whatever the target does and however long.
type tally struct {
	target snapshot.Target
	final  atomic.Pointer[final] // nil until it has ended
	judge  *findings.Judge       // of whoever adds
	mu     sync.Mutex            // of what follows
	total  history.Total         // since it was attached
	stacks classify.Profile      // the same, if they are kept
	size   atomic.Int64          // of stacks, in bytes
	last   history.Interval      // the last interval
	recent []history.Interval    // ascending, spanning no more than recent but by one
	length time.Duration         // of recent
	bytes  int                   // the same
	queued []uint64              // spans, at the ends of the last intervals
	judged findings.Conclusions  // as of the last judgement
}

func newTally(target snapshot.Target, limits report.Limits) *tally {
	t := &tally{target: target, judge: findings.NewJudge(limits)}
	t.judged = t.judge.Conclusions()
	return t
}

func (t *tally) ended() bool { return t.final.Load() != nil }

// add takes in the next interval.
func (t *tally) add(next history.Interval, samples snapshot.Samples, keepSamples bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total.Add(next)
	if keepSamples {
		t.stacks.Add(samples)
		t.size.Store(int64(t.stacks.Size()))
	}
	t.last = next
	t.remember(next)
	var queued uint64
	for _, p := range next.Processors {
		queued += p.After.Queue
	}
	t.queued = append(t.queued, queued)
	t.queued = t.queued[max(0, len(t.queued)-historyLength):]
}

// remember keeps an interval for the live view, and lets go of those before. Their
// lengths say how far back they reach: their starts are read from a clock that is set
// at times.
func (t *tally) remember(next history.Interval) {
	t.recent = append(t.recent, next)
	t.length += next.Elapsed
	t.bytes += next.Size()
	for len(t.recent) > 1 && (t.length > recent || t.bytes > maxRecentBytes) {
		t.length -= t.recent[0].Elapsed
		t.bytes -= t.recent[0].Size()
		t.recent = t.recent[1:]
	}
}

// conclude judges the target by an interval that has been added.
func (t *tally) conclude(by history.Interval) {
	t.judge.AddCounted(by)
	judged := t.judge.Conclusions()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.judged = judged
}

func (t *tally) report() report.Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.final.Load(); f != nil {
		return f.frame.Total
	}
	return t.judged.Complete(t.total.Report())
}

// lastReport is of the last interval.
func (t *tally) lastReport() report.Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.final.Load(); f != nil {
		return f.last
	}
	return t.judged.Complete(t.last.Report())
}

// shown is what the live view shows.
func (t *tally) shown() report.Frame {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.final.Load(); f != nil {
		return f.frame
	}
	return report.Frame{
		Total:        t.judged.Complete(t.total.Report()),
		Recent:       history.Report(t.recent),
		QueueHistory: slices.Clone(t.queued),
		State:        t.state(),
		Ended:        t.last.Ended,
	}
}

// snapshot is all that was seen, with the stacks if they are kept.
func (t *tally) snapshot() snapshot.Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	whole := t.total.Snapshot()
	if f := t.final.Load(); f != nil {
		whole = f.kept
	}
	if samples := t.stacks.Samples(); len(samples.Stacks) > 0 {
		whole.Samples = samples
	}
	return whole
}

// state says why there may be nothing to see. Where no probe can see a processor,
// what is missing says so.
func (t *tally) state() string {
	total := t.total.Snapshot()
	blind := slices.ContainsFunc(total.Missing, func(m snapshot.Missing) bool { return m.What == "processors" })
	switch {
	case t.last.Ended:
		return "the process has ended"
	case len(total.Processors) == 0 && len(total.Exports) == 0 && !blind:
		return "waiting for the first span to end"
	}
	return ""
}
