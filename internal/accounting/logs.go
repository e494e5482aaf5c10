package accounting

import (
	"slices"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// LogProcessor counts what one log batch processor holds: it received the records that its
// exports took away, the records that it dropped, and the growth of what it holds.
type LogProcessor struct {
	memory.LogProcessor
	exporter *snapshot.SignalExporter
	ended    []probes.Call // its exports that returned since the last Confirm
}

// LogProcessors lists the log batch processors that were found.
func (c *Components) LogProcessors() []*LogProcessor { return c.logs }

// KnowsLogs reports whether a log batch processor was found, or there is no room for it.
func (c *Components) KnowsLogs(address uint64) bool {
	return len(c.logs) >= maxComponents || slices.ContainsFunc(c.logs, func(p *LogProcessor) bool { return p.Address == address })
}

// LogsSince is what is known of log records from the attach to the first reading of a processor.
type LogsSince struct {
	Counted  bool   // all that processors received were
	Received uint64 // by all processors, up to the reading
	Slack    uint64 // how many more, at most
	Told     uint64 // those that processors told they had dropped
}

// AddLogs adds a log batch processor with its first reading.
func (c *Components) AddLogs(p memory.LogProcessor, reading memory.LogReading, since LogsSince) {
	e := c.signalExporter(snapshot.Logs, p.Wrapper)
	if e.Address != p.Wrapper {
		return // there is no room for it
	}
	first := snapshot.LogReading{Queue: reading.Queue, Held: int64(reading.Queue + reading.Waiting), Dropped: reading.Dropped}
	before := first
	if exported := e.Exported + e.Failed + e.Unsized; since.Counted && len(c.logs) == 0 && exported == 0 {
		before.Held -= int64(since.Received)
		before.Slack = since.Slack
	} else if since.Counted {
		before.Slack = min(p.Capacity, since.Received+since.Slack)
	} else {
		before.Slack = p.Capacity
	}
	if before.DropSlack = since.Told + reading.Dropped; since.Counted && since.Told == 0 {
		before.DropSlack = min(reading.Dropped, since.Received+since.Slack)
	}
	e.Queue = snapshot.LogQueue{Capacity: p.Capacity, Before: before, After: first, Peak: reading.Queue}
	c.logs = append(c.logs, &LogProcessor{LogProcessor: p, exporter: e})
}

// AddDropped counts log records that processors told they had dropped.
func (c *Components) AddDropped(records uint64) {
	if records > 0 {
		c.signal(snapshot.Logs).Dropped += records
	}
}

// seeLogsExport remembers an export that returned, for Confirm.
func (c *Components) seeLogsExport(call probes.Call) {
	for _, p := range c.logs {
		if p.Wrapper == call.Receiver {
			p.ended = append(p.ended, call)
		}
	}
}

// Look takes in the length of the queue at any moment.
func (p *LogProcessor) Look(reading memory.LogReading) {
	p.exporter.Queue.Peak = max(p.exporter.Queue.Peak, reading.Queue)
}

// LogState is a log batch processor's memory, with the records of its exports under way, read
// between two moments, CLOCK_MONOTONIC. Slack is how far two such readings were apart.
type LogState struct {
	memory.LogReading
	Unread       bool // it could not be read, as when the process is ending
	Exporting    uint64
	Slack        uint64
	FromNS, ToNS uint64
}

// Confirm takes in the state at the end of an interval, after all exports that returned up to
// then. What has returned since the reading is counted, and no longer held.
func (p *LogProcessor) Confirm(s LogState) {
	if s.Unread {
		return
	}
	after := snapshot.LogReading{
		Queue: s.Queue, Held: int64(s.Queue + s.Waiting + s.Exporting), Dropped: s.Dropped, Slack: s.Slack,
	}
	for _, call := range p.ended {
		switch {
		case call.EndedNS > s.ToNS:
			after.Held -= int64(call.Length)
		case call.EndedNS >= s.FromNS:
			after.Slack += call.Length
		}
	}
	p.Look(s.LogReading)
	p.exporter.Queue.After, p.ended = after, nil
}

// nextLogs begins the next interval of a log exporter's queue.
func nextLogs(q snapshot.LogQueue) snapshot.LogQueue {
	return snapshot.LogQueue{Capacity: q.Capacity, Before: q.After, After: q.After, Peak: q.After.Queue}
}
