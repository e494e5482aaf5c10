package findings

import (
	"fmt"
	"slices"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// mostWaiting is how many log records are taken to wait in queues: four of the SDK's
// default length.
const mostWaiting = 4 * 2048

var logDrop = rule{
	id: "log-drop", category: "Queue",
	says:   "log records are dropped at a full queue: telemetry is lost",
	when:   "the log records that batch processors dropped since the attach are more than the limit `drops` (1 %) of those created, and so are those of the last minute. If the processors cannot be read, records that were created and not exported count instead, at the lower bound, less 8,192 that may wait in queues. Critical from ten times the limit",
	clears: "log records created in the last minute are exported",
	needs:  "no log record of a batch processor has been counted and exported",
	judge:  judgeLogDrop,
}

func judgeLogDrop(s facts) verdict {
	if s.Total.CountOf("emit") == nil {
		if lacksLogProcessor(s.Total) {
			return verdict{state: absent}
		}
		return verdict{}
	}
	created, lost := lostRecords(s.Total, mostWaiting)
	if created == nil || lost == nil || created.Value > 0 && !exportsLogs(s.Total) {
		return verdict{}
	}
	if lost.Low <= s.limits.Drops*created.Value {
		return verdict{state: absent}
	}
	lately, lostLately := lostRecords(s.minute().Snapshot, 0)
	switch {
	case lately == nil || lostLately == nil:
		return verdict{}
	case lostLately.Low <= s.limits.Drops*lately.Value:
		return verdict{state: absent}
	}
	share := lost.Value / created.Value
	return verdict{
		state: present, severity: severe(share >= criticalDrops*s.limits.Drops),
		title: fmt.Sprintf("%s of the log records created since otwatch attached were not exported: a batch processor whose queue is full drops the oldest",
			estimate.Percent(share)),
		evidence: map[string]float64{"created": created.Value, "not_exported": lost.Value, "not_exported_low": lost.Low, "share": share, "limit": s.limits.Drops},
		advice: []report.Advice{setting("export larger batches from a larger queue, to a receiver that answers faster; or log less",
			"OTEL_BLRP_MAX_QUEUE_SIZE", "16384", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "2048")},
	}
}

// lacksLogProcessor reports whether a program of which no log record was counted has no batch
// processor of log records. That is not known if no probe counts, as those of a target that gets
// none, or if the probe on these processors is missing. Only a batch processor's exports are
// counted, so a recording that has some was made before its records were.
func lacksLogProcessor(s snapshot.Snapshot) bool {
	gaps := report.Gaps(slices.Concat(s.Missing, s.Gaps))
	return len(s.Counts) > 0 && s.PipelineOf(snapshot.Logs) == nil && !gaps.Has("pipelines.created")
}

// lostRecords are the log records that batch processors received, and those that they dropped. If
// they cannot be read, what was not exported was dropped, but for as many as may wait in queues.
func lostRecords(s snapshot.Snapshot, waiting float64) (created, lost *estimate.Estimate) {
	created, lost = analyzer.LogRecords(s)
	if dropped := analyzer.LogsDropped(s); dropped != nil {
		return created, dropped
	}
	if lost != nil {
		lost.Low -= waiting
	}
	return created, lost
}

// exportsLogs reports whether exports of log records returned.
func exportsLogs(s snapshot.Snapshot) bool {
	p := s.PipelineOf(snapshot.Logs)
	return p != nil && p.Calls.Count > 0
}
