package findings

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

const (
	nearlyFull  = 0.95 // critical
	queueClears = 0.75 // of the limit
	// A queue that grows is told once it holds a quarter and would be full
	// within ten minutes.
	growingFrom    = 0.25
	growingSeconds = 600
)

var queueBacklog = rule{
	id: "queue-backlog", category: "Queue",
	says:   "a processor's queue stays nearly full, or grows steadily",
	when:   "the queue holds more than the limit `queue` (80 %) at the end of each of the last three intervals; or it holds at least 25 %, with a rise (p < 1 % over up to 30 readings) that fills it within ten minutes. Critical from 95 %",
	clears: "the queue holds less than three quarters of the limit and does not grow",
	needs:  "no processor's queue could be read",
	judge:  judgeQueueBacklog,
}

func judgeQueueBacklog(s facts) verdict {
	p := s.fullest()
	if p == nil {
		return verdict{}
	}
	least, filled, capacity := leastFilled(s, p.Address), utilization(*p), float64(p.Settings.MaxQueueSize)
	rise, growing := risingQueue(s.Queue, capacity)
	growing = growing && filled >= growingFrom
	switch {
	case least <= s.limits.Queue && !growing && filled >= queueClears*s.limits.Queue:
		return verdict{}
	case least <= s.limits.Queue && !growing:
		return verdict{state: absent}
	}
	title := fmt.Sprintf("the queue stays %s full", estimate.Percent(least))
	if growing {
		title = fmt.Sprintf("the queue is %s full and grows by %.0f spans per second", estimate.Percent(filled), rise)
	}
	v := verdict{
		state: present, severity: severe(least >= nearlyFull), title: title,
		evidence: map[string]float64{
			"size": float64(p.After.Queue), "capacity": capacity, "utilization": filled, "limit": s.limits.Queue,
			"growth_per_second": rise, "drained_per_second": float64(p.Exported+p.Failed) / s.seconds(),
		},
		advice:   []report.Advice{roomier(s)},
		forecast: s.room,
	}
	s.blame(p.Exporter, v.evidence)
	if p.Settings.Blocking && least >= nearlyFull {
		v.title += ", and the code that ends spans waits for room in it: its processor has WithBlocking"
		v.advice, v.forecast = []report.Advice{code(unblock), nearer(s)}, nil
	}
	return v
}

const unblock = "remove trace.WithBlocking() from the batch processor's options: spans that find the queue full are then dropped, " +
	"and no request waits. Or speed up the exports: they do not keep up"

// leastFilled is the lowest utilization of a queue at the ends of the last intervals.
func leastFilled(s facts, processor uint64) float64 {
	least := 1.0
	for _, part := range s.Lately() {
		for _, p := range part.Processors {
			if p.Address == processor {
				least = min(least, utilization(p))
			}
		}
	}
	return least
}

// risingQueue is how many spans per second the queues gain; growing says that this is
// significant and would fill them soon.
func risingQueue(queue []estimate.Point, capacity float64) (rise float64, growing bool) {
	trend, ok := estimate.TrendOf(queue)
	if !ok {
		return 0, false
	}
	room := capacity - queue[len(queue)-1].Y
	return trend.Slope.Value, trend.P < significance && trend.Slope.Low > 0 && room <= trend.Slope.Value*growingSeconds
}
