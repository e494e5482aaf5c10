package main

import "time"

// lengths are the durations of runs.
type lengths struct {
	turns   int
	turn    time.Duration // of each, and of a row's first watched run
	longest time.Duration // of a watched run
	samples float64       // to be taken in a watched run, from the second on
	budget  string        // otwatch's, which sets how many it takes a second
}

// next is how long a watched run must be for enough samples, judged by the one
// before it. One that claimed nothing took few.
func (l lengths) next(before time.Duration, samples float64) time.Duration {
	if samples <= 0 {
		return l.longest
	}
	needed := time.Duration(float64(before) * l.samples / samples)
	return min(max(needed.Round(time.Second), l.turn), l.longest)
}
