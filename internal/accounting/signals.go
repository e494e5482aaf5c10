package accounting

import (
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// signal counts the exports of metrics or logs in the interval.
type signal struct {
	snapshot.Pipeline
	exporters []*snapshot.SignalExporter // in order of discovery
}

// addCollection counts what a metric reader has collected, and remembers it: an export may
// follow.
func (c *Components) addCollection(call probes.Call) {
	e := c.signalExporter(snapshot.Metrics, call.Receiver)
	if call.Failed {
		e.FailedCollections.Add(took(call))
	} else {
		e.Collections.Add(took(call))
	}
	if _, known := c.collected[call.Receiver]; !known && len(c.collected) == maxComponents {
		return // the size of its exports is not known
	}
	c.collected[call.Receiver] = call
}

// addMetricsExport counts an export of metrics, which begins when they are collected.
func (c *Components) addMetricsExport(call probes.Call) {
	points := uint64(probes.Uncounted)
	collection, ok := c.collected[call.Receiver]
	if ok = ok && collection.StartedNS >= call.StartedNS && collection.EndedNS <= call.EndedNS; ok {
		call.StartedNS, points = collection.EndedNS, collection.Length
	}
	c.addSignalExport(snapshot.Metrics, call, points)
	if !ok || !collection.Failed { // else there was no export
		c.addToExporter(c.signalExporter(snapshot.Metrics, call.Receiver), call, points)
	}
}

// addLogsExport counts an export of log records.
func (c *Components) addLogsExport(call probes.Call) {
	c.addSignalExport(snapshot.Logs, call, call.Length)
	c.addToExporter(c.signalExporter(snapshot.Logs, call.Receiver), call, call.Length)
}

// addSignalExport counts an export of metrics or logs: data points or log records.
func (c *Components) addSignalExport(name string, call probes.Call, records uint64) {
	p := c.signal(name)
	p.Calls.Add(took(call), call.Failed)
	p.Reasons = addFailure(p.Reasons, call, c.texts.of(call).alike, 1)
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

// addToExporter counts an export of metrics or logs with its exporter.
func (c *Components) addToExporter(e *snapshot.SignalExporter, call probes.Call, records uint64) {
	if records > maxSpans {
		e.Unsized++
		records = 0
	}
	if call.Failed {
		e.Failures.Add(took(call))
		e.Failed += records
		e.Kinds = addKind(e.Kinds, call, c.texts.of(call), records, 1)
		return
	}
	e.Durations.Add(took(call))
	e.Exported += records
}

// signal finds the counts of a signal, or adds them.
func (c *Components) signal(name string) *signal {
	for _, s := range c.signals {
		if s.Signal == name {
			return s
		}
	}
	s := &signal{Pipeline: snapshot.Pipeline{Signal: name}}
	c.signals = append(c.signals, s)
	return s
}

// signalExporter finds the exporter of a metric reader, or of a wrapper of the log SDK, or
// adds it. What there is no room for is one without an address.
func (c *Components) signalExporter(name string, address uint64) *snapshot.SignalExporter {
	s := c.signal(name)
	for _, e := range s.exporters {
		if e.Address == address {
			return e
		}
	}
	e := &snapshot.SignalExporter{Address: address, Reader: len(s.exporters)}
	switch {
	case len(s.exporters) > maxComponents:
		return s.exporters[maxComponents]
	case len(s.exporters) == maxComponents:
		e.Address, e.Component = 0, "other_"+name+"_exporters"
	case name == snapshot.Metrics:
		e.Component = c.examiner.MetricExporter(address)
	default:
		e.Component = c.examiner.LogExporter(address)
	}
	for _, other := range s.exporters {
		if other.Component == e.Component {
			e.Index++
		}
	}
	s.exporters = append(s.exporters, e)
	return e
}

// takeSignals ends the interval for metrics and logs, with the exports under way.
func (c *Components) takeSignals(busy []probes.Flight) []snapshot.Pipeline {
	for _, flight := range busy {
		c.addSignalFlight(flight)
	}
	c.logHistory.exact = nil
	var taken []snapshot.Pipeline
	for _, s := range c.signals {
		for _, e := range s.exporters {
			s.Exporters = append(s.Exporters, *e)
			*e = snapshot.SignalExporter{Address: e.Address, Component: e.Component, Index: e.Index, Reader: e.Reader, Queue: nextLogs(e.Queue)}
		}
		taken = append(taken, s.Pipeline)
		s.Pipeline = snapshot.Pipeline{Signal: s.Signal}
	}
	return taken
}

// addSignalFlight counts the records of an export under way. Metrics are exported once they
// are collected.
func (c *Components) addSignalFlight(flight probes.Flight) {
	name, records := snapshot.Logs, flight.Records
	switch collection := c.collected[flight.Exporter]; {
	case flight.Of == probes.Export:
		return
	case flight.Of == probes.Metrics && collection.StartedNS < flight.StartedNS:
		return
	case flight.Of == probes.Metrics:
		name, records = snapshot.Metrics, collection.Length
	}
	if records <= maxSpans {
		c.signalExporter(name, flight.Exporter).Inflight += records
	}
}
