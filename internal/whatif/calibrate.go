package whatif

import (
	"math"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// mostTogether is the largest burst that Calibrate tries, in spans.
const mostTogether = 4096

// Calibrate lets as many spans end together as it takes for a replay of the current
// settings to show the drops and the queue's peak that were seen: intervals hide the
// bursts within them, drops and peak betray them. What the load says of Together is
// the least tried. Forecast.Confirm tells whether it was enough.
func (r *Replay) Calibrate(current snapshot.Settings, drops float64, peak uint64) error {
	if err := checkSettings(current); err != nil {
		return err
	}
	best, least := r.load.Together, math.Inf(1)
	for together := max(1, best); together <= mostTogether; together *= 2 {
		if r.load.Together = together; together*2 <= r.load.step() {
			continue // the next one is replayed in the same steps
		}
		r.place(together)
		got := r.middle(current)
		if miss := missed(got, drops, peak); miss < least {
			best, least = together, miss
		}
	}
	r.place(best)
	return r.exhausted()
}

// middle is the likely one of the replays; of a large load any is.
func (r *Replay) middle(current snapshot.Settings) Outcome {
	if r.load.large() {
		return r.run(current, r.likely(), 0)
	}
	return r.runs(current, r.likely())[replays/2]
}

// missed is how far a replay is from what was seen: 1 for the limit that a
// replay is held to, of drops and of the peak.
func missed(got Outcome, drops float64, peak uint64) float64 {
	seen := max(1, float64(peak))
	return math.Abs(got.Drops-drops)/reproducible + math.Abs(float64(got.QueuePeak)-seen)/(0.1*seen)
}
