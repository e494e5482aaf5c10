package agent

import (
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// unrecorded counts the spans that are not recorded: calls of Start, less the recorded spans,
// which are counted as the last thing in Start. A call that has not returned looks like one of
// them, so what is so at the end of an interval counts if it still is at the end of the next.
type unrecorded struct {
	before  uint64 // calls of Start without a recorded span, at the end of the last interval
	counted uint64
}

// take is how many more there are. last is set if there is no other interval.
func (u *unrecorded) take(usage probes.Usage, last bool) uint64 {
	now := usage.Calls["start"] - min(usage.Calls["recording"], usage.Calls["start"])
	sure := min(u.before, now)
	if last {
		sure = now
	}
	more := sure - min(u.counted, sure)
	u.before, u.counted = now, u.counted+more
	return more
}

// startedSpans are the spans started since the last Snapshot, by their parents and by the results
// of sampling.
func (w *Watcher) startedSpans(since, usage probes.Usage, last bool) []snapshot.Started {
	started := since.Started.List()
	if dropped := w.unrecorded.take(usage, last); dropped > 0 {
		started = append(started, snapshot.Started{Sampling: snapshot.Drop, Spans: dropped})
	}
	return started
}
