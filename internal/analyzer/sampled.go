package analyzer

import (
	"math"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// hitCost is what a probe adds to a call at most: the highest measurement was 5.8 µs.
	hitCost = 6 * time.Microsecond
	// densest is the share of a window that the probe itself may take for a rate to be
	// claimed.
	densest = 0.5
	// fewest is how many calls are needed to claim a rate.
	fewest = 30
)

// recorded counts the spans that are recorded: the SDK calls runtimeTrace for each. If the
// probe was not in place for the whole window, it is their share of the calls of Start in
// probe windows, times the spans started.
func recorded(s snapshot.Snapshot, started *estimate.Estimate) *estimate.Estimate {
	starts, recording := s.CountOf("start"), s.CountOf("recording")
	switch {
	case recording == nil:
		return nil
	case recording.Whole:
		return estimate.Counted(recording.Calls)
	case started == nil || starts == nil || starts.Calls == 0:
		return nil
	}
	return started.By(*recordedShare(s)).Within(0, started.High)
}

// recordedShare is the share of the calls of Start that made a recorded span, in probe
// windows.
func recordedShare(s snapshot.Snapshot) *estimate.Estimate {
	starts, recording := s.CountOf("start"), s.CountOf("recording")
	if starts == nil || recording == nil || starts.Calls == 0 {
		return nil
	}
	part := min(1, float64(recording.Calls)/float64(starts.Calls))
	if starts.Whole && recording.Whole {
		return &estimate.Estimate{Value: part, Low: part, High: part, N: starts.Calls, Exact: true}
	}
	return estimate.Proportion(part, starts.Calls)
}

// startedAs has the spans started by the origins of their parents and by the results of sampling;
// nil unless the probes were in place for the whole window, and each recorded span was read.
func startedAs(s snapshot.Snapshot) []report.StartedSpans {
	starts, recording := s.CountOf("start"), s.CountOf("recording")
	if starts == nil || recording == nil || !starts.Whole || !recording.Whole {
		return nil
	}
	var all []report.StartedSpans
	var read uint64
	for _, started := range s.Started {
		all = append(all, report.StartedSpans(started))
		if started.Sampling != snapshot.Drop {
			read += started.Spans
		}
	}
	if read != recording.Calls {
		return nil
	}
	return all
}

// inWindows counts the calls of a function if its probe was in place for the whole window.
// Otherwise the rate is the mean of the rates in probe windows. Each window counts the
// same, however long it was open, since windows are short when there is much to count. The
// interval comes from the spread of the windows and from the spread of that many calls by
// chance.
//
// A call with a probe takes longer. This slows down most the calls that one goroutine makes
// one after the other: n calls in a time t with the probe take t less n hits without it.
// The interval reaches up to there.
func inWindows(s snapshot.Snapshot, count snapshot.Count) *estimate.Estimate {
	if count.Whole {
		return estimate.Counted(count.Calls)
	}
	rates := count.Rates
	if count.Calls < fewest || rates.Windows < 2 || rates.Sum == 0 {
		return nil
	}
	slowed := rates.Squares / rates.Sum * hitCost.Seconds()
	if slowed > densest {
		return nil
	}
	counted := float64(count.Calls)
	mean := estimate.Mean(rates.Windows, rates.Sum, rates.Squares).Times(s.Elapsed.Seconds())
	half := math.Hypot(mean.High-mean.Value, estimate.Z95*mean.Value/math.Sqrt(counted))
	e := estimate.Around(max(mean.Value, counted), half, count.Calls)
	e.High += e.Value * slowed / (1 - slowed)
	return e.Within(counted, math.Inf(1))
}
