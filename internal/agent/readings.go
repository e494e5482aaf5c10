package agent

import (
	"github.com/otwatch/otwatch/internal/accounting"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// readTries bounds how often a busy processor is read until nothing has changed meanwhile.
const readTries = 5

// readProcessors reads every batch processor at the end of an interval, so that the readings
// agree with the exports that are counted. It returns that of the log processors.
func (w *Watcher) readProcessors() (readingOfLogs, error) {
	type read struct {
		reading      snapshot.Reading
		fromNS, toNS uint64
		ok           bool
	}
	processors := w.components.Batches()
	readings := make([]read, len(processors))
	for i, p := range processors {
		r := &readings[i]
		for range readTries {
			r.fromNS = monotonicNS()
			r.reading, r.ok = w.readTwice(p)
			r.toNS = monotonicNS()
			if r.reading.Slack == 0 {
				break
			}
		}
	}
	logs, err := w.readLogsAndDrops()
	if err != nil {
		return logs, err
	}
	// This counts the exports that have returned by now, each with a reading of its own
	// that agrees with it. Confirm keeps that reading if a later one may still have the
	// export's spans in its batch.
	if err := w.collect(); err != nil {
		return logs, err
	}
	for i, r := range readings {
		if r.ok {
			processors[i].Confirm(r.reading, r.fromNS, r.toNS)
		}
	}
	w.components.ConfirmLogs(logs.states, logs.reported, logs.meanwhile)
	return logs, nil
}

// readTwice reads a processor twice in a row: what changed in between is the slack. ok is
// false if the process is ending.
func (w *Watcher) readTwice(p *accounting.BatchProcessor) (reading snapshot.Reading, ok bool) {
	one, errOne := w.readProcessor(p)
	two, errTwo := w.readProcessor(p)
	if errOne != nil || errTwo != nil {
		return snapshot.Reading{}, false
	}
	two.Slack = distance(one.Queue, two.Queue) + distance(one.Batch, two.Batch) + uint64(two.Dropped-one.Dropped)
	return two, true
}

func (w *Watcher) readProcessor(p *accounting.BatchProcessor) (snapshot.Reading, error) {
	image, err := memory.Copy(w.reader, p.Address)
	if err != nil {
		return snapshot.Reading{}, err
	}
	return p.Reading(image)
}
