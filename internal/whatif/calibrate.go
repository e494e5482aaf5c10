package whatif

import (
	"math"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// mostTogether is the largest burst that Calibrate tries, in spans.
const mostTogether = 4096

// Calibrate finds how many spans must end together for a replay of the current settings
// to show the observed drops and queue peak: bursts within an interval are not observed,
// but drops and peaks show them. It tries no fewer than the load's Together.
// Forecast.Confirm checks whether the result is good enough.
func (r *Replay) Calibrate(current snapshot.Settings, drops float64, peak uint64) error {
	if err := checkSettings(current); err != nil {
		return err
	}
	best, least := r.load.Together, math.Inf(1)
	for together := max(1, best); together <= mostTogether; together *= 2 {
		if r.load.Together = together; together*2 <= r.load.step() {
			continue // the next one is replayed in the same steps
		}
		r.letEnd(together)
		got := r.middle(current)
		if miss := missed(got, drops, peak); miss < least {
			best, least = together, miss
		}
	}
	r.letEnd(best)
	return r.exhausted()
}

// middle is the median of the replays; of a large load any one.
func (r *Replay) middle(current snapshot.Settings) Outcome {
	if r.load.large() {
		return r.run(current, r.likely(), 0)
	}
	return r.runs(current, r.likely())[replays/2]
}

// missed is the distance of a replay from the observation: 1 is the limit for drops and
// for the peak.
func missed(got Outcome, drops float64, peak uint64) float64 {
	seen := max(1, float64(peak))
	return math.Abs(got.Drops-drops)/reproducible + math.Abs(float64(got.QueuePeak)-seen)/(0.1*seen)
}
