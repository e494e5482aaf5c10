package estimate

import (
	"slices"
	"sort"
	"time"
)

// Lifetimes is the distribution of how long things last, of which some had not ended when
// they were last seen: Kaplan and Meier's estimator.
type Lifetimes struct {
	ended  []time.Duration // how long those lasted that ended, ascending
	masses []float64       // of each of these, the share of all things that it stands for
	longer []float64       // the masses from each on, and what lasts longer than all
}

// NewLifetimes takes how long those lasted that ended, and the ages of the open ones. Both
// must be in ascending order.
func NewLifetimes(ended, open []time.Duration) Lifetimes {
	l := Lifetimes{ended: ended, masses: make([]float64, len(ended)), longer: make([]float64, len(ended)+1)}
	mass := 1.0 / float64(max(1, len(ended)+len(open))) // of each thing that lasts longer
	left := len(ended) + len(open)                      // things that last longer
	opened := 0
	for i, lasted := range ended {
		for opened < len(open) && open[opened] < lasted {
			// What an open one stands for passes to those that last longer.
			opened++
			left--
			mass += mass / float64(left)
		}
		l.masses[i] = mass
		left--
	}
	l.longer[len(ended)] = mass * float64(left)
	for i, m := range slices.Backward(l.masses) {
		l.longer[i] = l.longer[i+1] + m
	}
	return l
}

// Complete distributes open things, by their ages, among those that ended and lasted longer:
// weights has how many are taken to last as long as each of these. The others last longer
// than all that ended.
func (l Lifetimes) Complete(open []time.Duration) (weights []float64, others float64) {
	weights = make([]float64, len(l.ended))
	for _, age := range open {
		i := sort.Search(len(l.ended), func(i int) bool { return l.ended[i] > age })
		if l.longer[i] == 0 {
			others++
			continue
		}
		others += l.longer[len(l.ended)] / l.longer[i]
		if i < len(weights) {
			weights[i] += 1 / l.longer[i]
		}
	}
	var each float64
	for i, m := range l.masses {
		each += weights[i]
		weights[i] = m * each
	}
	return weights, others
}
