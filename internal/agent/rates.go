package agent

import (
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// rate adds the rates at which the probes of Spans were called in the window that ends.
func (w *windows) rate(usage probes.Usage, counted time.Time) {
	open := w.groups[probes.Spans].counted(counted)
	if open == 0 {
		return
	}
	for _, counter := range w.probes.Counters() {
		if counter.Group == probes.Spans {
			rates := w.rates[counter.Name]
			rates.Add(float64(usage.Calls[counter.Name]-w.ended[counter.Name]) / open.Seconds())
			w.rates[counter.Name] = rates
		}
	}
	w.ended = usage.Calls
}

// countedUntil is the moment up to which the hits of an open group were counted as calls:
// now, or when its lease ran out or its allowance was spent. The kernel does not report the
// latter if the allowance was lowered below what had been spent.
func (w *windows) countedUntil(group probes.Group, usage probes.Usage) time.Time {
	now := time.Now()
	crossed := now.Add(-time.Duration(monotonicNS() - usage.CrossedNS[group]))
	held := w.heldUntil(group, now)
	if !w.overspent(group, usage) || crossed.Before(w.groups[group].since) || crossed.After(held) {
		return held
	}
	return crossed
}

// countedAll reports whether all hits of Spans since the attach have been counted.
func (w *windows) countedAll(usage probes.Usage) bool {
	return w.fromStart && w.ended == nil && w.probes.IsOpen(probes.Spans) && !w.overspent(probes.Spans, usage) && usage.CrossedNS[probes.Spans] == 0
}

// takeRates returns the rates of a probe's calls in the windows that have ended since the
// last call.
func (w *windows) takeRates(probe string) snapshot.Rates {
	rates := w.rates[probe]
	delete(w.rates, probe)
	return rates
}
