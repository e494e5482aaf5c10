package whatif

import (
	"errors"
	"reflect"
	"testing"
	"time"
)

func TestCalibrate(t *testing.T) {
	load, current := steady(20, 2000, 512, 50*time.Millisecond), settings(2048, 512, time.Second)
	together := load
	together.Together = 256
	seen := mustForecast(t, together, current).Expected
	got, err := calibrate(load, current, seen.Drops, uint64(seen.QueuePeak))
	if err != nil || !reflect.DeepEqual(got, together) {
		t.Errorf("got %d together (%v), want 256", got.Together, err)
	}
	plain := mustForecast(t, load, current).Expected
	if got, err := calibrate(load, current, plain.Drops, uint64(plain.QueuePeak)); err != nil || got.Together != 1 {
		t.Errorf("got %d together (%v), want 1", got.Together, err)
	}
}

func TestCalibrateRefuses(t *testing.T) {
	if _, err := calibrate(Load{}, settings(1, 1, 1), 0, 0); !errors.Is(err, ErrNoTime) {
		t.Errorf("got error %v, want %v", err, ErrNoTime)
	}
	if _, err := calibrate(steady(1, 1, 1, 1), settings(0, 1, 1), 0, 0); err == nil {
		t.Error("a queue of 0 was taken")
	}
}
