package agent

import (
	"github.com/otwatch/otwatch/internal/accounting"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
)

// findLogs examines the log batch processors that have received a record.
func (w *Watcher) findLogs(emitted []probes.Emitted) error {
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
			return err
		}
		reading, err := p.Read(w.reader)
		if err != nil {
			continue
		}
		after, err := w.probes.Usage()
		if err != nil {
			return err
		}
		received := before.Calls["emit"]
		w.components.AddLogs(p, reading, accounting.LogsSince{
			Counted:  w.windows.ended == nil, // the first window is open, since the attach
			Received: received, Slack: after.Calls["emit"] - received, Told: after.Dropped,
		})
	}
	return nil
}

// readLogs reads the log batch processors at the end of an interval until nothing changes
// between two readings.
func (w *Watcher) readLogs() ([]accounting.LogState, error) {
	processors := w.components.LogProcessors()
	if len(processors) == 0 {
		return nil, nil
	}
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
	busy, err := w.probes.Busy()
	if err != nil {
		return nil, err
	}
	for i, p := range processors {
		reading, err := p.Read(w.reader)
		if states[i].Unread = err != nil; err != nil {
			continue
		}
		states[i].LogReading = reading
		for _, flight := range busy {
			if flight.Of == probes.Logs && flight.Exporter == p.Wrapper {
				states[i].Exporting += flight.Records
			}
		}
	}
	return states, nil
}
