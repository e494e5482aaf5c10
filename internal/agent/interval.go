package agent

import (
	"errors"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// emit ends the interval and calls emit with its Snapshot.
func (w *Watcher) emit(ended bool, emit func(snapshot.Snapshot) error) error {
	var logs readingOfLogs
	if !ended {
		// These take some milliseconds. What follows is read at one moment, or nearly so.
		w.goroutines.read(time.Now())
		w.lookForForeign()
		w.kept.read(time.Now(), w.components.Exporters())
		var err error
		if logs, err = w.readProcessors(); err != nil {
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
	w.charge.add(samples, usage.Hot)
	w.windows.allowance.Charge = w.charge.cost()
	if len(logs.states) > 0 {
		usage.Dropped = logs.reported // what they have reported since counts in the next interval
	}
	return w.deliver(w.take(usage, samples, busy, ended), emit)
}

// take ends the interval and begins the next: it returns what was counted, and counts
// from zero again. ended says that the process has ended.
func (w *Watcher) take(usage probes.Usage, samples snapshot.Samples, busy []probes.Flight, ended bool) snapshot.Snapshot {
	now := time.Now()
	since := usage.Since(w.before)
	s := snapshot.Snapshot{Target: w.identity.target, Samples: samples, Ended: ended, Released: w.released, FromStart: w.starting}
	w.starting = false
	s.Start = w.intervalAt.Round(0) // without its monotonic reading, which no recording keeps
	s.Elapsed = now.Sub(w.intervalAt)
	s.Process = w.use.interval()
	s.Scheduling = w.scheduling.interval()
	s.Heap = w.heap.Take()
	w.windows.spend(usage)
	whole := w.takeWindows(now)
	s.Counts = w.counts(since, whole)
	s.Started = w.startedSpans(since, usage, ended)
	w.observeBuilding(usage, whole[probes.Components], since.Lost, now)
	s.Names = w.names.Take(since.Unread, since.Calls["span"], since.Roots)
	s.LongTrace = w.names.LongTrace()
	s.Following = w.follow.AsOf(monotonicNS())
	s.Building = w.builds.AsOf(monotonicNS())
	s.Goroutines = w.goroutines.interval()
	s.Foreign = w.foreign.found
	s.Kept = w.kept.interval(now)
	s.Texts, w.texts = w.texts, snapshot.Texts{}
	s.Values = w.values.All()
	s.Probing = w.probing(since, samplingCost(samples))
	s.Missing, s.Gaps = w.missing()
	w.components.AddDropped(since.Dropped)
	w.takeComponents(&s, busy)
	w.intervalAt, w.before = now, usage
	return s
}

// takeComponents ends the interval for the processors and exporters.
func (w *Watcher) takeComponents(s *snapshot.Snapshot, busy []probes.Flight) {
	nowNS := monotonicNS()
	components := w.components.Take(busy, nowNS)
	components.Dated(time.Since(time.Unix(0, int64(nowNS))))
	s.Processors, s.Exports, s.Pipelines = components.Processors, components.Exports, components.Pipelines
	s.Flushes, s.Others, s.Stretches = components.Flushes, components.Others, components.Stretches
	s.Probing.Unmatched = components.Unmatched
}

// deliver calls emit with a Snapshot. While emit blocks, as it may while another target is
// analysed, nobody holds the probes to their budget: after a while those on the path of
// every span are removed.
func (w *Watcher) deliver(s snapshot.Snapshot, emit func(snapshot.Snapshot) error) error {
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
		case <-time.After(balanceInterval): // the others are removed once they have spent their allowances
			w.windows.renewLeases(balanceInterval)
		}
	}
}

// takeWindows reports which groups have been open since the last Snapshot.
func (w *Watcher) takeWindows(now time.Time) map[probes.Group]bool {
	whole := map[probes.Group]bool{}
	for _, group := range probes.Groups {
		whole[group] = w.windows.take(group, w.intervalAt, now)
	}
	return whole
}

// counts are the calls of counting probes since the last Snapshot.
func (w *Watcher) counts(since probes.Usage, whole map[probes.Group]bool) []snapshot.Count {
	var counts []snapshot.Count
	for _, row := range w.probes.Counters() {
		if row.Name == probes.Unsampled && w.windows.allowance.EndTimeOffset == 0 {
			continue // the position of the flag is not known
		}
		counts = append(counts, snapshot.Count{
			Probe: row.Name, Calls: since.Calls[row.Name], Whole: whole[row.Group],
			Rates: w.windows.takeRates(row.Name),
		})
	}
	return counts
}

// probing is what watching has cost since the last Snapshot, and what was lost.
func (w *Watcher) probing(since probes.Usage, sampling time.Duration) snapshot.Probing {
	p := w.use.ownInterval()
	p.Hits, p.Lost, p.Undrawn = since.Hits, since.Lost, since.Undrawn
	w.sampling += sampling
	p.TargetCPU = since.TotalSpent() + sampling
	p.Windows = w.windows.takeOpened()
	p.Budget, p.Exporting = w.budget, w.config.Exporting != nil && w.config.Exporting()
	p.HitCharge, p.HitSource = w.charge.cost().Emulated, w.charge.source()
	return p
}

// missing lists the figures that cannot be given for this interval, and why, and as gaps
// those that cannot be given for any time that contains it.
func (w *Watcher) missing() (missing, gaps []snapshot.Missing) {
	missing, gaps = w.windows.missing(w.budget)
	missing = append(w.probes.Missing(), missing...)
	if w.samples == nil {
		for _, figure := range []string{"cpu.tracing", "cpu.stages", "cpu.instrumentation", "cpu.metrics", "cpu.logs", "spans.cost_us", "alloc.tracing_share"} {
			missing = append(missing, snapshot.Missing{What: figure, Why: w.config.Unsampled})
		}
	}
	if w.unfollowed != nil {
		missing = append(missing, snapshot.Missing{What: "findings.span-leak", Why: w.unfollowed.Error()})
	}
	if why := w.foreign.unread; why != nil {
		missing = append(missing, snapshot.Missing{What: "foreign_probes", Why: why.Error()})
	}
	if why := w.goroutines.unread; why != nil {
		missing = append(missing, snapshot.Missing{What: "living", Why: why.Error()})
	}
	missing = append(missing, w.components.Missing()...)
	return append(missing, w.values.Missing()...), gaps
}
