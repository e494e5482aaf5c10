package analyzer

import (
	"math"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// LogRecords counts the log records that batch processors received, and those of them that
// were not handed to an exporter; both are nil if that is not known.
func LogRecords(s snapshot.Snapshot) (created, notExported *estimate.Estimate) {
	emits := s.CountOf("emit")
	if emits == nil {
		return nil, nil
	}
	gaps := newGaps(s)
	if created = inWindows(s, *emits); created == nil || !created.Exact {
		if conserved := recordsByConservation(s, gaps); conserved != nil {
			created = conserved
		}
	}
	if created == nil || gaps.Has("pipelines") {
		return created, nil
	}
	var processed float64
	if p := s.PipelineOf(snapshot.Logs); p != nil {
		if p.Unsized > 0 {
			return created, nil
		}
		processed = float64(p.Records)
	}
	// What was exported may have been received before the window.
	if created.Exact {
		return created, estimate.Counted(uint64(max(0, created.Value-processed)))
	}
	rest := estimate.Estimate{Value: created.Value - processed, Low: created.Low - processed, High: created.High - processed, N: created.N}
	return created, rest.Within(0, math.Inf(1))
}

// recordsByConservation is how many log records batch processors received: those that their
// exports took away, those that they dropped, and the growth of what they hold. It is nil if a
// processor is not known, or its exports were not all seen.
func recordsByConservation(s snapshot.Snapshot, gaps *report.Gaps) *estimate.Estimate {
	p, dropped := s.PipelineOf(snapshot.Logs), logsDropped(s, gaps)
	flushesKnown := !gaps.Has("flushes") // during a flush a processor holds records elsewhere
	if p == nil || dropped == nil || p.Unsized > 0 || s.Probing.Lost > 0 || gaps.Has("pipelines") || !flushesKnown {
		return nil
	}
	grown, slack := int64(0), uint64(0)
	for _, e := range p.Exporters {
		if e.Queue.Capacity == 0 {
			return nil
		}
		grown += e.Queue.After.Held - e.Queue.Before.Held
		slack += e.Queue.Before.Slack + e.Queue.After.Slack + e.Queue.Before.DropSlack + e.Queue.After.DropSlack + e.Queue.Unsure
	}
	total := uint64(max(0, int64(p.Records)+int64(dropped.Value)+grown))
	if slack == 0 {
		return estimate.Counted(total)
	}
	return estimate.GiveOrTake(total, slack)
}

// LogsDropped is how many log records batch processors dropped: what they told, and what they
// have counted since. It is nil if a processor is not known, or its state at the beginning or at
// the end is not.
func LogsDropped(s snapshot.Snapshot) *estimate.Estimate { return logsDropped(s, newGaps(s)) }

func logsDropped(s snapshot.Snapshot, gaps *report.Gaps) *estimate.Estimate {
	p := s.PipelineOf(snapshot.Logs)
	if p == nil || gaps.Has("pipelines.dropped") || len(p.Exporters) == 0 {
		return nil
	}
	untold, slack := int64(0), uint64(0)
	for _, e := range p.Exporters {
		if e.Queue.Capacity == 0 || e.Queue.Before.Unread || e.Queue.After.Unread {
			return nil
		}
		untold += int64(e.Queue.After.Dropped) - int64(e.Queue.Before.Dropped)
		slack += e.Queue.Before.DropSlack + e.Queue.After.DropSlack
	}
	dropped := uint64(max(0, int64(p.Dropped)+untold))
	if slack == 0 {
		return estimate.Counted(dropped)
	}
	return estimate.GiveOrTake(dropped, slack)
}

// recordQueue sums up the queues of log batch processors; nil if one is not known.
func recordQueue(exporters []snapshot.SignalExporter) *report.RecordQueue {
	var sum report.RecordQueue
	for _, e := range exporters {
		if e.Queue.Capacity == 0 {
			return nil
		}
		sum.Size += e.Queue.After.Queue
		sum.Capacity += e.Queue.Capacity
		sum.Peak += e.Queue.Peak
	}
	if sum.Capacity == 0 {
		return nil
	}
	return &sum
}
