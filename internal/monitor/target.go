package monitor

import (
	"sync"
	"sync/atomic"

	"github.com/otwatch/otwatch/internal/findings"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// target is one target: its History and its Judge or, if it has ended, what is final.
type target struct {
	identity snapshot.Target
	final    atomic.Pointer[final] // nil until it has ended
	judge    *findings.Judge       // used only by the caller of Enter, as limits
	limits   report.Limits
	mu       sync.Mutex // of what follows
	history  *history.History
	judged   findings.Conclusions // as of the last judgement
	made     *report.Report       // of all since the target was attached; nil if it is to be made anew
	// stackBytes are those of the stacks that are kept.
	stackBytes atomic.Int64
}

func newTarget(identity snapshot.Target, limits report.Limits, work *untrusted.Budget, keep history.Keep) *target {
	t := &target{identity: identity, judge: findings.NewJudge(limits, work), limits: limits, history: history.New(keep)}
	t.judged = t.judge.Conclusions()
	return t
}

func (t *target) ended() bool { return t.final.Load() != nil }

// add takes in the next interval. It returns what the target is judged by, and how many more
// bytes its stacks take.
func (t *target) add(s snapshot.Snapshot) (past history.Past, grown int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.history.Add(s)
	t.made = nil
	return t.history.Past(), t.measure()
}

// measure returns how many more bytes the stacks take than before.
func (t *target) measure() (grown int64) {
	bytes := int64(t.history.StackBytes())
	return bytes - t.stackBytes.Swap(bytes)
}

// conclude judges the target at the end of an interval that was added.
func (t *target) conclude(past history.Past, limits report.Limits) {
	if !limits.Equal(t.limits) {
		t.judge.SetLimits(limits)
		t.limits = limits
	}
	t.judge.Judge(past)
	judged := t.judge.Conclusions()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.judged, t.made = judged, nil
}

// total is the Report of all since the target was attached. It is made once for each interval,
// whoever asks: with many targets, intervals are longer than the time between two scrapes. It
// must not be modified.
func (t *target) total() report.Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.final.Load(); f != nil {
		return f.frame.Total
	}
	if t.made == nil {
		r := t.judged.Complete(t.history.Total())
		t.made = &r
	}
	return *t.made
}

// last is the Report of the last interval.
func (t *target) last() report.Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.final.Load(); f != nil {
		return f.last
	}
	return t.judged.Complete(t.history.Last())
}

// frame is what the live view shows.
func (t *target) frame() report.Frame {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.final.Load(); f != nil {
		return f.frame
	}
	frame := t.history.Frame()
	frame.Total = t.judged.Complete(frame.Total)
	return frame
}

// timeline is the target over time; total is the Report of the whole time.
func (t *target) timeline(total report.Report) report.Timeline {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.history.Timeline(total)
}

// snapshot is the total, with the stacks if these are kept.
func (t *target) snapshot() snapshot.Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	whole := t.history.Snapshot()
	if f := t.final.Load(); f != nil {
		whole = f.kept
	}
	if samples := t.history.Samples(); len(samples.Stacks) > 0 {
		whole.Samples = samples
	}
	return whole
}

// foldStacks counts the stacks only by class and stage. It returns how many more bytes they
// take, a negative number.
func (t *target) foldStacks() (grown int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.history.FoldStacks()
	return t.measure()
}
