package findings

import (
	"fmt"

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
	when:   "the log records that were created since the attach and not exported are, at the lower bound, more than the limit `drops` (1 %) of those created plus 8,192, which may wait in queues; and more than the limit of those created in the last minute. Critical from ten times the limit",
	clears: "log records created in the last minute are exported",
	needs:  "no log record of a batch processor has been counted and exported",
	judge:  judgeLogDrop,
}

func judgeLogDrop(s facts) verdict {
	created, rest := analyzer.LogRecords(s.Total)
	if !exportsLogs(s.Total) || created == nil || rest == nil || created.Value == 0 {
		return verdict{}
	}
	share := rest.Value / created.Value
	switch lately, unexported := analyzer.LogRecords(s.minute().Snapshot); {
	case rest.Low-mostWaiting <= s.limits.Drops*created.Value:
		return verdict{state: absent}
	case lately == nil || unexported == nil:
		return verdict{}
	case unexported.Low <= s.limits.Drops*lately.Value:
		return verdict{state: absent}
	}
	return verdict{
		state: present, severity: severe(share >= criticalDrops*s.limits.Drops),
		title: fmt.Sprintf("%s of the log records created since otwatch attached were not exported: a batch processor whose queue is full drops the oldest",
			estimate.Percent(share)),
		evidence: map[string]float64{"created": created.Value, "not_exported": rest.Value, "not_exported_low": rest.Low, "share": share, "limit": s.limits.Drops},
		advice: []report.Advice{setting("export larger batches from a larger queue, to a receiver that answers faster; or log less",
			"OTEL_BLRP_MAX_QUEUE_SIZE", "16384", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "2048")},
	}
}

// exportsLogs reports whether exports of log records returned.
func exportsLogs(s snapshot.Snapshot) bool {
	for _, p := range s.Pipelines {
		if p.Signal == snapshot.Logs && p.Calls.Count > 0 {
			return true
		}
	}
	return false
}
