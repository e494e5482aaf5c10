package agent

import (
	"github.com/otwatch/otwatch/internal/accounting"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
)

// findLogs examines the log batch processors that have received a record. It reports whether some
// were found: then exports may have returned before they were read.
func (w *Watcher) findLogs(emitted []probes.Emitted) (found bool, err error) {
	for _, e := range emitted {
		if w.components.KnowsLogs(e.Processor) {
			continue
		}
		p, err := memory.ExamineLogs(w.reader, e.Processor, w.resolve)
		if err != nil {
			continue // the next record shows it again
		}
		before, err := w.probes.Usage()
		if err != nil {
			return found, err
		}
		reading, err := p.Read(w.reader)
		if err != nil {
			continue
		}
		readNS := monotonicNS()
		after, err := w.probes.Usage()
		if err != nil {
			return found, err
		}
		flights, err := w.probes.Flights()
		if err != nil {
			return found, err
		}
		exporting, flushing := logsUnderWay(flights, p)
		received := before.Calls["emit"]
		w.components.AddLogs(p, reading, accounting.LogsSince{
			Counted:  w.windows.countedAll(after) && w.before.Calls["emit"] == 0,
			Busy:     exporting > 0 || flushing,
			Received: received, Slack: after.Calls["emit"] - received, Reported: after.Dropped, ReadNS: readNS,
		})
		found = true
	}
	return found, nil
}

// logsUnderWay is how many records of a log processor are in exports under way, and whether
// ForceFlush or Shutdown is.
func logsUnderWay(flights []probes.Flight, p memory.LogProcessor) (exporting uint64, flushing bool) {
	for _, f := range flights {
		switch f.Of {
		case probes.Logs:
			if f.Exporter == p.Wrapper {
				exporting += f.Records
			}
		case probes.Flush, probes.Shutdown:
			flushing = flushing || f.Exporter == p.Address
		}
	}
	return exporting, flushing
}

// readingOfLogs is the state of all log batch processors, with how many records they had reported
// as dropped after they were read, and how many of those while they were.
type readingOfLogs struct {
	states              []accounting.LogState
	reported, meanwhile uint64
}

// readLogsAndDrops reads the log batch processors, and before and after that how many records they
// have reported as dropped.
func (w *Watcher) readLogsAndDrops() (r readingOfLogs, err error) {
	if len(w.components.LogProcessors()) == 0 {
		return r, nil
	}
	before, err := w.probes.Usage()
	if err != nil {
		return r, err
	}
	if r.states, err = w.readLogs(); err != nil {
		return r, err
	}
	after, err := w.probes.Usage()
	r.reported, r.meanwhile = after.Dropped, after.Dropped-before.Dropped
	return r, err
}

// readLogs reads the log batch processors at the end of an interval until nothing changes
// between two readings.
func (w *Watcher) readLogs() ([]accounting.LogState, error) {
	var states []accounting.LogState
	for range readTries {
		fromNS := monotonicNS()
		one, err := w.readLogsOnce()
		if err != nil {
			return nil, err
		}
		two, err := w.readLogsOnce()
		if err != nil {
			return nil, err
		}
		toNS, most := monotonicNS(), uint64(0)
		for i := range two {
			a, b := one[i], &two[i]
			b.FromNS, b.ToNS = fromNS, toNS
			b.Flushing = b.Flushing || a.Flushing
			b.Slack = distance(a.Queue, b.Queue) + distance(a.Waiting, b.Waiting) + distance(a.Exporting, b.Exporting) + distance(a.Dropped, b.Dropped)
			most = max(most, b.Slack)
		}
		if states = two; most == 0 {
			break
		}
	}
	return states, nil
}

// readLogsOnce reads each log batch processor once.
func (w *Watcher) readLogsOnce() ([]accounting.LogState, error) {
	processors := w.components.LogProcessors()
	states := make([]accounting.LogState, len(processors))
	flights, err := w.probes.Flights()
	if err != nil {
		return nil, err
	}
	for i, p := range processors {
		reading, err := p.Read(w.reader)
		if states[i].Unread = err != nil; err != nil {
			continue
		}
		states[i].LogReading = reading
		states[i].Exporting, states[i].Flushing = logsUnderWay(flights, p.LogProcessor)
	}
	return states, nil
}
