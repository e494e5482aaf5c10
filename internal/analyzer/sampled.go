package analyzer

import (
	"math"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// hitCost bounds what the probe on Start adds to a call: 5.8 µs was the most
	// that was measured.
	hitCost = 6 * time.Microsecond
	// densest is the part of the time in windows that their probe may take for a
	// rate from them to be claimed.
	densest = 0.5
	// fewest is how many calls a rate must rest on.
	fewest = 30
)

// recorded counts the spans that are recorded, the SDK's runtimeTrace having been
// called for them, as started counts all: throughout, or by their part of
// the calls of Start in windows.
func recorded(s snapshot.Snapshot, started *estimate.Estimate) *estimate.Estimate {
	starts, recording := calls(s, "start"), calls(s, "recording")
	switch {
	case recording == nil:
		return nil
	case recording.Whole:
		return estimate.Counted(recording.Calls)
	case started == nil || starts == nil || starts.Calls == 0:
		return nil
	}
	part := min(1, float64(recording.Calls)/float64(starts.Calls))
	return started.By(*estimate.Proportion(part, starts.Calls)).Within(0, started.High)
}

// startedByRate takes the calls of Start in windows to come as often outside of
// them. A call with a probe on it takes longer. What that slows down most is calls
// that one goroutine makes, each after the last one: n of them in a time t with
// the probe take t less n hits without it. The interval reaches up to there.
func startedByRate(s snapshot.Snapshot, starts snapshot.Count) *estimate.Estimate {
	if starts.Calls < fewest || starts.Open <= 0 || s.Elapsed <= 0 {
		return nil
	}
	slowed := float64(starts.Calls) * hitCost.Seconds() / starts.Open.Seconds()
	if slowed > densest {
		return nil
	}
	value := float64(starts.Calls) * max(1, s.Elapsed.Seconds()/starts.Open.Seconds())
	half := estimate.Z95 * value / math.Sqrt(float64(starts.Calls))
	e := estimate.Around(value, half, starts.Calls)
	e.High += value * slowed / (1 - slowed)
	return e.Within(float64(starts.Calls), math.Inf(1))
}
