package estimate

import "math"

// Cohort counts the outcomes of things that were all observed from their beginning, by
// their age then: each slice has a place for each range of ages. Outcomes exclude each
// other. Open things have had no outcome yet.
type Cohort struct {
	Outcomes [][]uint64
	Open     []uint64
}

// Incidence is the share that has an outcome before the age of a place: the cumulative
// incidence by Aalen and Johansen, with the other outcomes as competing risks. Kaplan and
// Meier's estimator would treat them as censored, which answers what would be if they did
// not exist. ok is false if nothing was observed for so long.
func (c Cohort) Incidence(outcome, until int) (share *Estimate, ok bool) {
	steps, ok := c.steps(until)
	if !ok {
		return nil, false
	}
	var total float64
	for i := range steps {
		steps[i].met = float64(c.Outcomes[outcome][i])
		total += steps[i].surviving * steps[i].met / steps[i].atRisk
	}
	return proportionOf(total, variance(steps, total), steps), true
}

// Surviving is the share that has had no outcome at the age of a place.
func (c Cohort) Surviving(until int) (share *Estimate, ok bool) {
	steps, ok := c.steps(until)
	if !ok {
		return nil, false
	}
	var gone float64
	for i := range steps {
		steps[i].met = steps[i].any
		gone += steps[i].surviving * steps[i].met / steps[i].atRisk
	}
	return proportionOf(1-gone, variance(steps, gone), steps), true
}

// Reach is the place up to which anything is known.
func (c Cohort) Reach() int {
	steps, known := c.steps(len(c.Open))
	if known {
		return len(c.Open)
	}
	return len(steps)
}

// step is one place: how many reached it, the share that did, and how many had the
// outcome asked for, and any outcome, in it.
type step struct {
	atRisk, surviving, met, any float64
}

// steps goes through the places before one. Half of those that are open in a place count
// as at risk all through it, as in a life table.
func (c Cohort) steps(until int) ([]step, bool) {
	steps := make([]step, 0, until)
	surviving := 1.0
	for i := range until {
		atRisk := -float64(c.Open[i]) / 2
		for j := i; j < len(c.Open); j++ {
			atRisk += float64(c.at(j))
		}
		if atRisk <= 0 {
			// Everything has had an outcome by then, or was not observed for so long.
			return steps, surviving == 0 && i > 0
		}
		var any float64
		for _, o := range c.Outcomes {
			any += float64(o[i])
		}
		any = min(any, atRisk)
		steps = append(steps, step{atRisk: atRisk, surviving: surviving, any: any})
		surviving *= 1 - any/atRisk
		if c.later(i) == 0 && any == atRisk {
			surviving = 0 // not but for rounding
		}
	}
	return steps, len(steps) > 0
}

// at is how many had an outcome, or are open, in a place.
func (c Cohort) at(place int) uint64 {
	n := c.Open[place]
	for _, o := range c.Outcomes {
		n += o[place]
	}
	return n
}

// later is how many had an outcome, or are open, in later places.
func (c Cohort) later(place int) uint64 {
	var n uint64
	for i := place + 1; i < len(c.Open); i++ {
		n += c.at(i)
	}
	return n
}

// variance is the variance of a cumulative incidence, by the delta method. Source:
// Marubini and Valsecchi, Analysing Survival Data from Clinical Trials, 1995.
func variance(steps []step, total float64) float64 {
	var sum, so float64
	for _, s := range steps {
		so += s.surviving * s.met / s.atRisk
		rest := total - so
		if s.atRisk > s.any {
			sum += rest * rest * s.any / (s.atRisk * (s.atRisk - s.any))
		}
		sum += s.surviving*s.surviving*s.met*(s.atRisk-s.met)/math.Pow(s.atRisk, 3) - 2*rest*s.surviving*s.met/(s.atRisk*s.atRisk)
	}
	return max(sum, 0)
}

// proportionOf is the Estimate of a share with a variance: it has the interval of a share
// of as many observations as give that variance. Without variance, the number of
// observations is that of the things whose outcome by then is known.
func proportionOf(share, variance float64, steps []step) *Estimate {
	const rounding = 1e-12
	known := steps[len(steps)-1].atRisk
	for _, s := range steps[:len(steps)-1] {
		known += s.any
	}
	n := uint64(max(math.Round(known), 1))
	switch {
	case share < rounding:
		return Proportion(0, n)
	case share > 1-rounding:
		return Proportion(1, n)
	case variance > 0:
		n = uint64(max(math.Round(share*(1-share)/variance), 1))
	}
	return Proportion(share, n)
}
