package accounting

import (
	"slices"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// limboLooks is for how many ends of intervals in a row no export must be under way after
// ForceFlush or Shutdown was given up, until all of the queue that it took away is gone.
const limboLooks = 2

// LogProcessor counts what one log batch processor holds: it received the records that its
// exports took away, the records that it dropped, and the growth of what it holds.
type LogProcessor struct {
	memory.LogProcessor
	exporter *snapshot.SignalExporter
	ended    []probes.Call // its exports that returned since the last confirm
	flushes  []probes.Call // of it, ForceFlush and Shutdown, that returned since then
	limbo    int           // what a ForceFlush took away may be under way until so many more looks show nothing
	stopped  bool          // Shutdown has returned without an error
	gone     bool          // it could not be read after that
}

// logHistory is what is known of log records since the attach.
type logHistory struct {
	active   bool       // a log record was exported, or ForceFlush or Shutdown called
	failedNS uint64     // when the last failed export returned
	broken   uint64     // flushes of unknown processors that may have dropped records without a word
	received uint64     // by all processors, up to the first reading of the first one, if its state at the attach follows from that
	exact    *exactLogs // nil unless a processor was found in this interval whose state at the attach is exact
	most     uint64     // that processors have reported and counted in all
}

// exactLogs is a processor whose state at the attach follows from its first reading.
type exactLogs struct {
	of     *LogProcessor
	first  snapshot.LogReading
	readNS uint64 // when it had been read
}

// LogProcessors lists the log batch processors that were found.
func (c *Components) LogProcessors() []*LogProcessor { return c.logs }

// KnowsLogs reports whether a log batch processor was found, or there is no room for it.
func (c *Components) KnowsLogs(address uint64) bool {
	return len(c.logs) >= maxComponents || slices.ContainsFunc(c.logs, func(p *LogProcessor) bool { return p.Address == address })
}

// LogsSince is what is known of log records from the attach to the first reading of a processor.
type LogsSince struct {
	Counted  bool   // all that processors received were, and all in this interval
	Busy     bool   // an export, ForceFlush or Shutdown of it is under way
	Received uint64 // by all processors, up to the reading
	Slack    uint64 // how many more, at most
	Reported uint64 // those that processors reported as dropped
	ReadNS   uint64 // when it had been read, CLOCK_MONOTONIC
}

// AddLogs adds a log batch processor with its first reading. What it held at the attach follows
// from that only if nothing can have left it since, but for what it dropped.
func (c *Components) AddLogs(p memory.LogProcessor, reading memory.LogReading, since LogsSince) {
	e := c.signalExporter(snapshot.Logs, p.Wrapper)
	if e.Address != p.Wrapper {
		return // there is no room for it
	}
	added := &LogProcessor{LogProcessor: p, exporter: e}
	first := snapshot.LogReading{Queue: reading.Queue, Held: int64(reading.Queue + reading.Waiting), Dropped: reading.Dropped}
	before := first
	h := &c.logHistory
	if since.Counted && len(c.logs) == 0 && !h.active && !since.Busy {
		before.Held -= int64(since.Received)
		before.Slack = since.Slack + uint64(max(0, -before.Held)) // some are in OnEmit still, or were dropped
		h.received = since.Received + since.Slack
		h.exact = &exactLogs{of: added, first: first, readNS: since.ReadNS}
	} else {
		before.Slack = p.Room() + h.received // of which this one may have received some
	}
	if before.DropSlack = since.Reported + reading.Dropped; since.Counted && since.Reported == 0 {
		before.DropSlack = min(reading.Dropped, since.Received+since.Slack)
	}
	e.Queue = snapshot.LogQueue{Capacity: p.Capacity, Before: before, After: first, Peak: reading.Queue, Unsure: p.Capacity * h.broken}
	c.logs = append(c.logs, added)
}

// AddDropped counts log records that processors reported as dropped.
func (c *Components) AddDropped(records uint64) {
	if records > 0 {
		c.signal(snapshot.Logs).Dropped += records
	}
}

// seeLogs records what a call shows of log processors.
func (c *Components) seeLogs(call probes.Call) {
	if call.Of != probes.Logs && call.Signal != snapshot.Logs {
		return
	}
	c.logHistory.active = true
	switch {
	case call.StartedNS == 0:
		// It was under way at the attach. If it is a flush, more of what it took away follows.
		for _, p := range c.logs {
			p.exporter.Queue.Unsure += p.Capacity
		}
	case call.Of == probes.Logs:
		c.seeLogsExport(call)
	default:
		c.seeLogsFlush(call)
	}
}

// seeLogsExport remembers an export that returned, for confirm.
func (c *Components) seeLogsExport(call probes.Call) {
	h := &c.logHistory
	if call.Failed {
		h.failedNS = max(h.failedNS, call.EndedNS)
	}
	if x := h.exact; x != nil && x.of.Wrapper == call.Receiver && call.StartedNS <= x.readNS {
		// It had taken away records before the first reading.
		before := &x.of.exporter.Queue.Before
		before.Held, before.Slack = x.first.Held, x.of.Room()
		h.exact = nil
	}
	for _, p := range c.logs {
		if p.Wrapper == call.Receiver {
			p.ended = append(p.ended, call)
		}
	}
}

// seeLogsFlush records a ForceFlush or Shutdown that returned. Such a call removes the whole queue
// and exports it in parts: if one fails, the SDK drops the others without a word. If the call is
// given up, its exports may go on.
func (c *Components) seeLogsFlush(call probes.Call) {
	broken := call.Failed || c.logHistory.failedNS >= call.StartedNS
	known := false
	for _, p := range c.logs {
		if p.Address != call.Receiver {
			continue
		}
		known = true
		p.flushes = append(p.flushes, call)
		p.stopped = p.stopped || call.Of == probes.Shutdown && !call.Failed
		if broken {
			p.exporter.Queue.Unsure += p.Capacity
		}
		if call.Failed {
			p.limbo = limboLooks
		}
	}
	if broken && !known {
		c.logHistory.broken++
	}
}

// Look records the length of the queue at any moment.
func (p *LogProcessor) Look(reading memory.LogReading) {
	p.exporter.Queue.Peak = max(p.exporter.Queue.Peak, reading.Queue)
}

// LogState is a log batch processor's memory, with the records of its exports under way, read
// between two moments, CLOCK_MONOTONIC. Slack is how far two such readings were apart.
type LogState struct {
	memory.LogReading
	Unread       bool // it could not be read, as when the process is ending
	Exporting    uint64
	Flushing     bool // ForceFlush or Shutdown is under way
	Slack        uint64
	FromNS, ToNS uint64
}

// ConfirmLogs records the states of log processors at the end of an interval, after all calls that
// returned up to then. reported is how many records they had reported as dropped after the reading,
// meanwhile how many of those since it began: a processor that reported them before it was read
// counted them no more, and one that reported them after it was read did.
func (c *Components) ConfirmLogs(states []LogState, reported, meanwhile uint64) {
	sum := reported
	for i, p := range c.logs {
		switch {
		case i >= len(states): // it was found since
			p.unread()
		case states[i].Unread:
			p.end()
		case !p.gone: // else other data is there now
			p.confirm(states[i])
		}
		sum += p.exporter.Queue.After.Dropped
	}
	if len(c.logs) == 0 || slices.ContainsFunc(c.logs, func(p *LogProcessor) bool { return p.exporter.Queue.After.Unread }) {
		return
	}
	// A processor sets its count to 0 before it reports it. If there are fewer than before, one has
	// not reported yet.
	slack := meanwhile + c.logHistory.most - min(c.logHistory.most, sum)
	if slack == 0 {
		c.logHistory.most = sum
	}
	c.logs[0].exporter.Queue.After.DropSlack += slack
}

// confirm records the state at the end of an interval, after all calls that returned up to then.
// What has returned since the reading is counted, and no longer held.
func (p *LogProcessor) confirm(s LogState) {
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
	if p.flushed(s) {
		after.Slack += p.Capacity
	}
	p.Look(s.LogReading)
	p.exporter.Queue.After, p.ended, p.flushes = after, nil, nil
}

// flushed reports whether some of the queue may have been taken away, and not have been in an
// export, when the processor was read.
func (p *LogProcessor) flushed(s LogState) bool {
	flushed := s.Flushing || p.limbo > 0 || slices.ContainsFunc(p.flushes, func(call probes.Call) bool {
		return call.StartedNS <= s.ToNS && call.EndedNS >= s.FromNS
	})
	switch {
	case p.limbo > 0 && s.Exporting > 0:
		p.limbo = limboLooks
	case p.limbo > 0:
		p.limbo--
	}
	return flushed
}

// unread marks the last state that was read as an older one.
func (p *LogProcessor) unread() {
	p.exporter.Queue.After.Unread = true
	p.ended, p.flushes = nil, nil
}

// end records that the processor cannot be read any more, as when the process has ended. Since
// v0.21 of the SDK, which has no channel of batches, a processor whose Shutdown has returned
// without an error has received nothing since, reported all that it had dropped, and exported the
// rest. Of others the last state is not known.
func (p *LogProcessor) end() {
	switch {
	case p.gone:
		return
	case !p.stopped || p.limbo > 0 || p.Buffer > 0:
		p.unread()
		return
	}
	p.gone, p.ended, p.flushes = true, nil, nil
	p.exporter.Queue.After = snapshot.LogReading{Slack: p.Capacity, DropSlack: p.exporter.Queue.After.Dropped}
}

// nextLogs begins the next interval of a log exporter's queue.
func nextLogs(q snapshot.LogQueue) snapshot.LogQueue {
	return snapshot.LogQueue{Capacity: q.Capacity, Before: q.After, After: q.After, Peak: q.After.Queue}
}
