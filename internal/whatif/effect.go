package whatif

import (
	"errors"
	"fmt"
	"math"

	"github.com/dustin/go-humanize"

	"github.com/otwatch/otwatch/internal/estimate"
)

// Effect is the expected effect of a change of a processor's settings.
type Effect struct {
	Before, After *Forecast
	BytesPerSpan  uint64
}

// String describes the effect, as in "drops 5.2 % → 0.0 %, queue memory +6.3 MB".
func (e Effect) String() string {
	sign, memory := "+", e.memory()
	if memory < 0 {
		sign = "−"
	}
	return fmt.Sprintf("drops %s → %s, queue memory %s%s", estimate.Percent(e.Before.Expected.Drops), estimate.Percent(e.After.Expected.Drops),
		sign, humanize.Bytes(uint64(math.Abs(memory))))
}

// memory is how many bytes more a full queue and batch occupy.
func (e Effect) memory() float64 {
	return float64(QueueMemory(e.After.Settings, e.BytesPerSpan)) - float64(QueueMemory(e.Before.Settings, e.BytesPerSpan))
}

// ErrNotReproduced means that a replay of the current settings does not show the observed
// share of drops, so no forecast can be trusted.
var ErrNotReproduced = errors.New("the replay does not reproduce what was seen")

// reproducible is how far a replay's share of drops may be from the observed one.
const reproducible = 0.02

// Confirm compares a forecast for the current settings with the share of drops observed
// with them.
func (f *Forecast) Confirm(drops float64) error {
	if drops < f.Best.Drops-reproducible || drops > f.Worst.Drops+reproducible {
		return fmt.Errorf("%w: drops %s to %s, seen %s",
			ErrNotReproduced, estimate.Percent(f.Best.Drops), estimate.Percent(f.Worst.Drops), estimate.Percent(drops))
	}
	return nil
}
