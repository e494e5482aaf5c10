package analyzer

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// filledPart is the part of the time without probes on exports that stretches must stand for,
// at least, so that exports are counted.
const filledPart = 0.9

// inStretches reports whether exports were not observed all the time, but in stretches that
// stand for the rest.
func inStretches(s snapshot.Snapshot) bool {
	return s.Stretches.Added > 0 && s.Stretches.Filled.Seconds() >= filledPart*s.Stretches.Unobserved.Seconds()
}

// unstretched are the gaps of a Snapshot whose exports are counted in stretches: what is not
// known since exports were not counted is known.
func unstretched(gaps []snapshot.Missing) []snapshot.Missing {
	var left report.Gaps
	for _, m := range gaps {
		switch {
		case m.What == "export", m.What == "spans.failed", strings.HasPrefix(m.What, "export."):
		default:
			left.Add(m.What, m.Why)
		}
	}
	return left
}

// observed is the part of the window in which exports were observed.
func observed(s snapshot.Snapshot) *float64 {
	part := 1.0
	if s.Elapsed > 0 {
		part = max(0, 1-s.Stretches.Unobserved.Seconds()/s.Elapsed.Seconds())
	}
	return &part
}

// operations is the number of exports with its interval.
func operations(s snapshot.Snapshot, n uint64) *estimate.Estimate {
	e := stretched(s, estimate.Counted(n), n, 1)
	if e.N = n - min(n, s.Stretches.Added); e.Exact && s.Probing.Lost > 0 {
		return estimate.AtLeast(n, s.Probing.Lost)
	}
	return e
}

// stretched widens a count of something in n exports, of which each has so much at most, by
// what is not known because exports were observed in stretches. The part that was not seen
// is uncertain by the spread between stretches, and by the chance of so many exports, and
// events among them, as were seen.
func stretched(s snapshot.Snapshot, e *estimate.Estimate, n uint64, most float64) *estimate.Estimate {
	if e == nil || s.Stretches.Unobserved == 0 || n == 0 {
		return e
	}
	unseen := min(1, float64(s.Stretches.Added)/float64(n)) // part of the exports
	added := e.Value * unseen
	times := 1 / max(1-unseen, 1/float64(n)) // how many each export that was seen stands for
	half := added * spreadOfStretches(s.Stretches)
	events := math.Sqrt(max(1, e.Value/most/times)) * most * (times - 1)
	half = math.Hypot(half, estimate.Z95*events)
	seen := e.Value - added
	widened := estimate.Around(e.Value, half, n-min(n, s.Stretches.Added))
	widened.Low, widened.High = max(seen, widened.Low-(e.Value-e.Low)), widened.High+(e.High-e.Value)
	return widened
}

// spreadOfStretches is half the interval of the mean rate of stretches, as a part of it. With
// fewer than two of them it may be as large as the rate.
func spreadOfStretches(s snapshot.Stretches) float64 {
	if part, known := spread(s.Rates); known {
		return part
	}
	return 1
}

// fewestBeside is the probability, at most, that all durations which were seen are shorter than a
// quantile that has an interval.
const fewestBeside = 0.025

// estimates are the quantiles of durations, ascending, with their intervals. Those that lie among
// exports which took longer than all that were seen to return are removed.
func estimates(q *report.Quantiles, durations []time.Duration, s snapshot.Stretches, exports uint64, g *report.Gaps) (e report.QuantileEstimates) {
	longer := s.Longer / float64(exports)
	n := independent(s, exports)
	for _, one := range []struct {
		name  string
		at    float64
		value **float64
		e     **estimate.Estimate
	}{{"p50", 0.5, &q.P50, &e.P50}, {"p90", 0.9, &q.P90, &e.P90}, {"p99", 0.99, &q.P99, &e.P99}} {
		if s.Unobserved == 0 {
			*one.e = &estimate.Estimate{Value: **one.value, Low: **one.value, High: **one.value, N: uint64(len(durations)), Exact: true}
			continue
		}
		if longer > 1-one.at {
			*one.value = nil
			why := fmt.Sprintf("of the exports, %s or more took longer than the stretches in which the budget let them be observed", estimate.Percent(longer))
			g.Add("export.duration_ms."+one.name, why)
			g.Add("export.duration_estimate_ms."+one.name, why)
			continue
		}
		share := estimate.Proportion(one.at, uint64(n))
		if share.High > 1-longer || math.Pow(one.at, n) > fewestBeside {
			g.Add("export.duration_estimate_ms."+one.name, fmt.Sprintf("the exports that were observed count for %.0f independent ones, which are too few for an interval", n))
			continue
		}
		at := func(q float64) float64 { return *milliseconds(estimate.Quantile(durations, q)) }
		*one.e = &estimate.Estimate{Value: **one.value, Low: at(share.Low), High: at(share.High), N: s.Calls}
	}
	return e
}

// independent is how many independent exports show as much of the durations of all as those that
// were observed: fewer where exports of one stretch are alike, more where few were not observed.
func independent(s snapshot.Stretches, exports uint64) float64 {
	if s.Calls == 0 || s.Added == 0 {
		return float64(s.Calls)
	}
	unseen := min(1, float64(s.Added)/float64(exports))
	return 1 / (unseen * unseen * alike(s) * (1/float64(s.Calls) + 1/float64(s.Added)))
}

// alike is how many times larger the variance of a mean is because the exports of one stretch are
// alike: the mean square between stretches over that of all.
func alike(s snapshot.Stretches) float64 {
	d, groups := s.Durations, float64(s.Rates.Windows)
	if groups < 2 || d.N < 2 {
		return 1
	}
	middle := d.Sum * d.Sum / d.N
	all := (d.Squares - middle) / (d.N - 1)
	if all <= 0 {
		return 1
	}
	return max(1, (d.Means-middle)/(groups-1)/all)
}
