package analyzer

import (
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
)

// series is a figure over time, in seconds from its first point, ascending by a clock
// that nobody sets.
// Beyond limit points it forgets the oldest, or, to reach back to the
// beginning, every second one.
type series struct {
	limit  int
	forget bool
	begin  time.Duration
	points []estimate.Point
	every  int // of the points offered, how many make one kept
	offers int
}

func (s *series) add(at time.Duration, v float64) {
	if s.offers == 0 {
		s.begin, s.every = at, 1
	}
	s.offers++
	if (s.offers-1)%s.every != 0 {
		return
	}
	s.points = append(s.points, estimate.Point{X: (at - s.begin).Seconds(), Y: v})
	switch {
	case len(s.points) <= s.limit:
	case s.forget:
		s.points = s.points[1:]
	default:
		s.thin()
	}
}

// thin keeps every second point.
func (s *series) thin() {
	var kept []estimate.Point
	for i := 0; i < len(s.points); i += 2 {
		kept = append(kept, s.points[i])
	}
	s.points = kept
	s.every *= 2
	s.offers = 1 + (len(kept)-1)*s.every
}
