package whatif

import (
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// What a Replay of a load does, in one step.

func simulate(load Load, settings snapshot.Settings) (*Forecast, error) {
	r, err := NewReplay(load)
	if err != nil {
		return nil, err
	}
	return r.Simulate(settings)
}

func calibrate(load Load, current snapshot.Settings, drops float64, peak uint64) (Load, error) {
	r, err := NewReplay(load)
	if err != nil {
		return load, err
	}
	err = r.Calibrate(current, drops, peak)
	return r.load, err
}

func searchFor(load Load, current snapshot.Settings, bytesPerSpan, maxBytes uint64) (*Forecast, error) {
	r, err := NewReplay(load)
	if err != nil {
		return nil, err
	}
	return r.Search(current, bytesPerSpan, maxBytes)
}

func fitBatch(load Load, current snapshot.Settings, target time.Duration) (*Forecast, error) {
	r, err := NewReplay(load)
	if err != nil {
		return nil, err
	}
	return r.FitBatch(current, target)
}
