package agent

import (
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// attend enters a ForceFlush or Shutdown of a processor. One of a processor that
// has not been seen at work is nobody's.
func (l *ledger) attend(call probes.Call) {
	if calls := l.callsOf(call); calls != nil {
		calls.Add(took(call), call.Failed)
	}
}

func (l *ledger) callsOf(call probes.Call) *snapshot.Calls {
	for _, p := range l.processors {
		if p.Address == call.Receiver && call.Of == probes.Flush {
			return &p.flushes
		} else if p.Address == call.Receiver {
			return &p.shutdowns
		}
	}
	for _, p := range l.simples {
		if p.Address == call.Receiver {
			return &p.shutdowns
		}
	}
	return nil
}

// collect takes note of what a metric reader has collected, which an export may
// follow.
func (l *ledger) collect(call probes.Call) {
	if _, known := l.collected[call.Receiver]; !known && len(l.collected) == maxComponents {
		l.overflow++
		return
	}
	l.collected[call.Receiver] = call
}

// passMetrics enters an export of metrics, which begins when they are collected.
func (l *ledger) passMetrics(call probes.Call) {
	points := uint64(probes.Uncounted)
	if c, ok := l.collected[call.Receiver]; ok && c.StartedNS >= call.StartedNS && c.EndedNS <= call.EndedNS {
		call.StartedNS, points = c.EndedNS, c.Length
	}
	l.pass(snapshot.Metrics, call, points)
}

// pass enters an export of another signal than traces, of so many records.
func (l *ledger) pass(signal string, call probes.Call, records uint64) {
	p := l.pipeline(signal)
	p.Calls.Add(took(call), call.Failed)
	p.Durations.Add(took(call))
	if records > maxSpans {
		p.Unsized++
		return
	}
	p.Records += records
	p.Largest = max(p.Largest, records)
	if call.Failed {
		p.Failed += records
	}
}

// pipeline finds the page of a signal, or opens one.
func (l *ledger) pipeline(signal string) *snapshot.Pipeline {
	for _, p := range l.pipelines {
		if p.Signal == signal {
			return p
		}
	}
	p := &snapshot.Pipeline{Signal: signal}
	l.pipelines = append(l.pipelines, p)
	return p
}

// closePipelines ends the interval for the other signals.
func (l *ledger) closePipelines() []snapshot.Pipeline {
	var closed []snapshot.Pipeline
	for _, p := range l.pipelines {
		closed = append(closed, *p)
		*p = snapshot.Pipeline{Signal: p.Signal}
	}
	return closed
}

func took(call probes.Call) time.Duration { return time.Duration(call.EndedNS - call.StartedNS) }
