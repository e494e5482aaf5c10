package main

import (
	"slices"
	"sync"
	"time"
)

// latencies are what requests took, from when they were due: one that waits for
// those before it has waited too. The zero value is ready to use, by many at once.
type latencies struct {
	mu  sync.Mutex
	all []time.Duration
}

func (l *latencies) add(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, took)
}

// summary is the mean, and what one in a hundred exceeds; 0 without any.
func (l *latencies) summary() (mean, p99 time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) == 0 {
		return 0, 0
	}
	slices.Sort(l.all)
	for _, took := range l.all {
		mean += took
	}
	return mean / time.Duration(len(l.all)), l.all[len(l.all)*99/100]
}
