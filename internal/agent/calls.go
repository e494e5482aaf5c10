package agent

import (
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// attend enters a ForceFlush or Shutdown of a processor. One of a processor that
// has not been seen at work is nobody's.
func (l *ledger) attend(call probes.Call) {
	if call.StartedNS == 0 {
		l.unmatched++
		return
	}
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

// pass enters an export of another signal than traces.
func (l *ledger) pass(call probes.Call) {
	if call.StartedNS == 0 {
		l.unmatched++
		return
	}
	if call.Of == probes.Metrics {
		l.pipeline(snapshot.Metrics).Calls.Add(took(call), call.Failed)
		return
	}
	logs := l.pipeline(snapshot.Logs)
	logs.Calls.Add(took(call), call.Failed)
	logs.Records += call.Length
	logs.Largest = max(logs.Largest, call.Length)
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
