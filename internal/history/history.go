package history

import (
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// How many readings are kept.
const (
	queueSizes     = 60 // of queues, for the live view, and
	queueReadings  = 30 // for findings
	MemoryReadings = 1024
)

// History is what is known of one target since it was attached. Each Snapshot is added once,
// and its samples are counted once: all Reports come from here, live and of recordings. Its
// memory is bounded, whatever the target does and for however long. It is not safe for
// concurrent use.
type History struct {
	keep     Keep
	total    total
	recent   recent
	names    names
	at       time.Duration // from the start of the first interval to the end of the last
	queued   []uint64      // spans, at the ends of the last intervals
	queue    estimate.Series
	memory   estimate.Series
	timeline timeline
	stacks   classify.Profile
}

// Keep is what a History keeps only if asked.
type Keep struct {
	Stacks   bool // for a profile
	Timeline bool // for charts
}

// New returns a History of a target that has not been seen yet.
func New(keep Keep) *History {
	return &History{keep: keep, queue: estimate.Series{Limit: queueReadings, Forget: true}, memory: estimate.Series{Limit: MemoryReadings}}
}

// Add adds the next interval.
func (h *History) Add(s snapshot.Snapshot) {
	next := count(s)
	h.total.add(next)
	h.recent.add(next)
	h.names.add(s.Names)
	h.addReadings(s)
	if h.keep.Timeline {
		h.timeline.add(next)
	}
	if h.keep.Stacks {
		h.stacks.Add(s.Samples)
	}
}

// addReadings adds the size of queues and memory at the end of an interval. The time is the
// sum of the intervals' lengths, since the clock that gives their starts may be set.
func (h *History) addReadings(s snapshot.Snapshot) {
	h.at += s.Elapsed
	batching := snapshot.Batching(s.Processors)
	var queued uint64
	for _, p := range batching {
		queued += p.After.Queue
	}
	h.queued = append(h.queued, queued)
	h.queued = h.queued[max(0, len(h.queued)-queueSizes):]
	if len(batching) > 0 {
		h.queue.Add(h.at, float64(queued))
	}
	if s.Process.RSS > 0 && !s.Ended {
		h.memory.Add(h.at, float64(s.Process.RSS))
	}
}

// Past is what findings are judged by at the end of the last interval.
func (h *History) Past() Past {
	return Past{
		Intervals: h.recent.intervals, Total: h.total.snapshots.Snapshot(),
		Queue: h.queue.Points, Memory: h.memory.Points, Names: h.names.all,
	}
}

// Total is the Report since the target was attached.
func (h *History) Total() report.Report {
	r := h.total.interval().Report()
	r.Spans.StartedRate = analyzer.StartedRate(h.recent.counts())
	return r
}

// Last is the Report of the last interval.
func (h *History) Last() report.Report { return h.recent.last().Report() }

// Frame is what there is to show at the end of the last interval.
func (h *History) Frame() report.Frame {
	return report.Frame{
		Total: h.Total(), Recent: Merged(h.recent.shown()...).Report(), QueueHistory: slices.Clone(h.queued),
		State: h.state(), Ended: h.recent.last().Over(),
	}
}

// state is the reason if there is nothing to show. If no probe can observe a processor, the
// reason is in Missing instead.
func (h *History) state() string {
	s := h.total.snapshots.Snapshot()
	switch {
	case h.recent.last().Ended:
		return "the process has ended"
	case h.recent.last().Released:
		return "not watched any more: it is no longer selected"
	case len(s.Processors) == 0 && len(s.Exports) == 0 && !slices.ContainsFunc(s.Missing, func(m snapshot.Missing) bool { return m.What == "processors" }):
		return "waiting for the first span to end"
	}
	return ""
}

// Timeline is the target over time; total is the Report of the whole time.
func (h *History) Timeline(total report.Report) report.Timeline {
	stretches, sampled := h.timeline.reports()
	return report.Timeline{Total: total, Stretches: stretches, Sampled: sampled}
}

// Snapshot is the total without stacks. The next Add changes it.
func (h *History) Snapshot() snapshot.Snapshot { return h.total.snapshots.Snapshot() }

// Samples are the stacks, if they are kept. The next Add changes them.
func (h *History) Samples() snapshot.Samples { return h.stacks.Samples() }

// End drops everything but the stacks and the timeline, when no interval follows.
func (h *History) End() { *h = History{keep: h.keep, stacks: h.stacks, timeline: h.timeline} }

// StackBytes is about how many bytes the stacks take.
func (h *History) StackBytes() int { return h.stacks.Size() }

// FoldStacks counts all stacks together by class and stage, to make room for others.
func (h *History) FoldStacks() { h.stacks.Fold() }
