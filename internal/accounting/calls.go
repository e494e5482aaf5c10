package accounting

import (
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// addProcessorCall counts a ForceFlush or Shutdown, of its signal and, unless the processor
// is not known, of its processor.
func (c *Components) addProcessorCall(call probes.Call) {
	c.flush(call.Signal, call.Of).Calls.Add(took(call), call.Failed)
	if calls := c.callsOf(call); calls != nil {
		calls.Add(took(call), call.Failed)
	}
}

func (c *Components) callsOf(call probes.Call) *snapshot.Calls {
	if p := c.batchAt(call.Receiver); p != nil {
		if call.Of == probes.Flush {
			return &p.flushes
		}
		return &p.shutdowns
	}
	for _, p := range c.simples {
		if p.Address == call.Receiver {
			return &p.shutdowns
		}
	}
	return nil
}

func took(call probes.Call) time.Duration { return time.Duration(call.EndedNS - call.StartedNS) }
