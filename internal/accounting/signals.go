package accounting

import (
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// addCollection remembers what a metric reader has collected: an export may follow.
func (c *Components) addCollection(call probes.Call) {
	if _, known := c.collected[call.Receiver]; !known && len(c.collected) == maxComponents {
		return // the size of its exports is not known
	}
	c.collected[call.Receiver] = call
}

// addMetricsExport counts an export of metrics, which begins when they are collected.
func (c *Components) addMetricsExport(call probes.Call) {
	points := uint64(probes.Uncounted)
	if collection, ok := c.collected[call.Receiver]; ok && collection.StartedNS >= call.StartedNS && collection.EndedNS <= call.EndedNS {
		call.StartedNS, points = collection.EndedNS, collection.Length
	}
	c.addSignalExport(snapshot.Metrics, call, points)
}

// addSignalExport counts an export of metrics or logs: data points or log records.
func (c *Components) addSignalExport(signal string, call probes.Call, records uint64) {
	p := c.signal(signal)
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

// signal finds the counts of a signal, or adds them.
func (c *Components) signal(name string) *snapshot.Pipeline {
	for _, p := range c.signals {
		if p.Signal == name {
			return p
		}
	}
	p := &snapshot.Pipeline{Signal: name}
	c.signals = append(c.signals, p)
	return p
}

// takeSignals ends the interval for metrics and logs.
func (c *Components) takeSignals() []snapshot.Pipeline {
	var taken []snapshot.Pipeline
	for _, p := range c.signals {
		taken = append(taken, *p)
		*p = snapshot.Pipeline{Signal: p.Signal}
	}
	return taken
}
