package estimate

import (
	"time"
)

// series is a figure over time, in seconds from its first point, ascending by a clock
// that nobody sets.
// Beyond limit points it forgets the oldest, or, to reach back to the
// beginning, every second one.
type Series struct {
	Limit  int
	Forget bool
	begin  time.Duration
	Points []Point
	every  int // of the points offered, how many make one kept
	offers int
}

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
