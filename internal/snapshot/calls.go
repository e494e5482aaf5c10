package snapshot

import (
	"slices"
	"time"
)

// MaxCalls bounds Calls.Durations.
const MaxCalls = 1 << 10

// Calls are the calls of one method that returned.
type Calls struct {
	Count     uint64
	Errors    uint64          // of these, the ones that returned an error
	Longest   time.Duration   // of all
	Durations []time.Duration // of the latest calls, MaxCalls at most
}

// Add counts one call.
func (c *Calls) Add(took time.Duration, failed bool) {
	c.Count++
	if failed {
		c.Errors++
	}
	c.Longest = max(c.Longest, took)
	c.keep([]time.Duration{took})
}

func (c *Calls) keep(latest []time.Duration) {
	all := slices.Concat(c.Durations, latest)
	c.Durations = all[max(0, len(all)-MaxCalls):]
}

func (c Calls) merge(next Calls) Calls {
	merged := Calls{
		Count: plus(c.Count, next.Count), Errors: plus(c.Errors, next.Errors),
		Longest: max(c.Longest, next.Longest), Durations: c.Durations,
	}
	merged.keep(next.Durations)
	return merged
}
