package estimate

import (
	"testing"
	"time"
)

// TestSeriesReachesBack drops every second point, and keeps a constant distance.
func TestSeriesReachesBack(t *testing.T) {
	thinned, recent := Series{Limit: 8}, Series{Limit: 8, Forget: true}
	for n := range 100 {
		at := time.Duration(n) * time.Second
		thinned.Add(at, float64(n))
		recent.Add(at, float64(n))
	}
	for i, p := range thinned.Points {
		if p.X != float64(16*i) || p.Y != p.X {
			t.Errorf("point %d is %+v", i, p)
		}
	}
	if len(thinned.Points) != 7 || len(recent.Points) != 8 || recent.Points[0].X != 92 {
		t.Errorf("thinned %v, recent %v", thinned.Points, recent.Points)
	}
}
