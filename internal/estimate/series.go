package estimate

import (
	"time"
)

// Series is a figure over time, in seconds since its first point. With more than Limit points
// it drops the oldest if Forget, and otherwise every second one, so that it reaches back to
// the beginning. Points are never changed once they are there.
type Series struct {
	Limit  int
	Forget bool
	Points []Point

	begin  time.Duration
	every  int // one in every added points is kept
	offers int // points added
}

// Add adds a point. Times must not decrease.
func (s *Series) Add(at time.Duration, v float64) {
	if s.offers == 0 {
		s.begin, s.every = at, 1
	}
	s.offers++
	if (s.offers-1)%s.every != 0 {
		return
	}
	s.Points = append(s.Points, Point{X: (at - s.begin).Seconds(), Y: v})
	switch {
	case len(s.Points) <= s.Limit:
	case s.Forget:
		s.Points = s.Points[1:]
	default:
		s.thin()
	}
}

// thin keeps every second point.
func (s *Series) thin() {
	var kept []Point
	for i := 0; i < len(s.Points); i += 2 {
		kept = append(kept, s.Points[i])
	}
	s.Points = kept
	s.every *= 2
	s.offers = 1 + (len(kept)-1)*s.every
}
