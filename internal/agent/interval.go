package agent

import (
	"errors"
	"fmt"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// emit closes the interval and hands its Snapshot out.
func (w *Watcher) emit(ended bool, emit func(snapshot.Snapshot) error) error {
	if !ended {
		if err := w.readProcessors(); err != nil {
			return err
		}
	}
	usage, err := w.probes.Usage()
	if err != nil {
		return err
	}
	busy, err := w.probes.Busy()
	if err != nil {
		return err
	}
	samples, err := w.takeSamples()
	if err != nil {
		return err
	}
	since := usage.Since(w.before)
	w.charge.add(samples, usage.Hot)
	w.probes.Charge(w.charge.cost())
	now := time.Now()
	s := snapshot.Snapshot{
		Target:    w.identity.target,
		Start:     w.intervalAt.Round(0), // without its monotonic reading, which no recording keeps
		Elapsed:   now.Sub(w.intervalAt),
		Samples:   samples,
		Process:   w.use.interval(),
		Heap:      w.heap.close(),
		Counts:    w.counts(since, now),
		Probing:   w.probing(since, samplingCost(samples)),
		Ended:     ended,
		Names:     w.names.close(since.Unread),
		Following: w.follow.close(monotonicNS()),
		Texts:     w.texts,
		Values:    w.values.close(),
	}
	s.Missing, s.Gaps = w.missing()
	w.texts = snapshot.Texts{}
	s.Processors, s.Exports = w.ledger.close(busy)
	s.Pipelines = w.ledger.closePipelines()
	s.Probing.Unmatched, w.ledger.unmatched = w.ledger.unmatched, 0
	s.Probing.Lost += w.ledger.overflow
	w.ledger.overflow = 0
	w.intervalAt, w.before = now, usage
	return w.hand(s, emit)
}

// hand hands a Snapshot out. While that is not done, as where judging another target
// takes long, nobody holds the probes to their budget either: before long, those on the
// path of every span go.
func (w *Watcher) hand(s snapshot.Snapshot, emit func(snapshot.Snapshot) error) error {
	taken := make(chan error, 1)
	go func() { taken <- emit(s) }()
	select {
	case err := <-taken:
		return err
	case <-time.After(balanceInterval):
	}
	usage, err := w.probes.Usage()
	if err == nil {
		err = w.windows.retreat(usage)
	}
	for {
		select {
		case takenErr := <-taken:
			return errors.Join(takenErr, err)
		case <-time.After(balanceInterval): // the others go by themselves once they have spent what they may
			w.windows.tend(balanceInterval)
		}
	}
}

// counts are the calls since the last Snapshot.
func (w *Watcher) counts(since probes.Usage, now time.Time) []snapshot.Count {
	var counts []snapshot.Count
	whole := map[probes.Group]bool{}
	for _, group := range probes.Groups {
		whole[group] = w.windows.take(group, w.intervalAt, now)
	}
	for _, row := range w.probes.Counters() {
		counts = append(counts, snapshot.Count{
			Probe: row.Name, Calls: since.Calls[row.Name], Whole: whole[row.Group],
			Rates: w.windows.takeRates(row.Name),
		})
	}
	return counts
}

// probing is what watching has cost and missed since the last Snapshot.
func (w *Watcher) probing(since probes.Usage, sampling time.Duration) snapshot.Probing {
	p := w.use.ownInterval()
	p.Hits, p.Lost, p.Undrawn = since.Hits, since.Lost, since.Undrawn
	w.sampling += sampling
	p.TargetCPU = since.TotalSpent() + sampling
	p.Windows = w.windows.takeOpened()
	p.Budget, p.Exporting = w.config.Budget, w.config.Exporting
	p.HitCharge, p.HitSource = w.charge.cost().Emulated, w.charge.source()
	return p
}

// missing says what cannot be claimed of this target and interval, and why, and of
// all that it is a part of.
func (w *Watcher) missing() (missing, gaps []snapshot.Missing) {
	missing, gaps = w.windows.missing(w.config.Budget)
	missing = append(w.probes.Missing(), missing...)
	if w.samples == nil {
		for _, figure := range []string{"cpu.tracing", "cpu.stages", "cpu.instrumentation", "cpu.metrics", "spans.cost_us", "alloc.tracing_share"} {
			missing = append(missing, snapshot.Missing{What: figure, Why: w.config.Unsampled})
		}
	}
	if w.layout != nil {
		missing = append(missing, snapshot.Missing{What: "findings.span-leak", Why: w.layout.Error()})
	}
	for _, doubt := range w.ledger.doubts {
		missing = append(missing, snapshot.Missing{What: "processors", Why: doubt})
	}
	return append(missing, w.unkept()...), gaps
}

// unkept says which books are full.
func (w *Watcher) unkept() (missing []snapshot.Missing) {
	if w.ledger.full {
		missing = append(missing, snapshot.Missing{What: "processors.others", Why: fmt.Sprintf(
			"the program has made more than %d span processors of a kind, or exporters: those after the first %d are not counted", maxComponents, maxComponents)})
	}
	if w.values.full {
		missing = append(missing, snapshot.Missing{What: "attributes.others", Why: fmt.Sprintf(
			"the program's spans have more than %d attributes: the values of those after the first %d are not counted", maxKeys, maxKeys)})
	}
	return missing
}
