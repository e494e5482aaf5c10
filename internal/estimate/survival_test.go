package estimate

import (
	"math"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// TestIncidenceWithoutOpenOnes is a matter of counting then.
func TestIncidenceWithoutOpenOnes(t *testing.T) {
	c := Cohort{Outcomes: [][]uint64{{50, 30, 0, 0}, {0, 10, 0, 10}}, Open: []uint64{0, 0, 0, 0}}
	for _, test := range []struct {
		name             string
		until            int
		ended, reused, s float64
	}{
		{"after the first place", 1, 0.5, 0, 0.5},
		{"after the second", 2, 0.8, 0.1, 0.1},
		{"after the third", 3, 0.8, 0.1, 0.1},
		{"after all", 4, 0.8, 0.2, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			ended, _ := c.Incidence(0, test.until)
			reused, _ := c.Incidence(1, test.until)
			s, ok := c.Surviving(test.until)
			if !ok {
				t.Fatal("not known")
			}
			near(t, "the first outcome", ended.Value, test.ended)
			near(t, "the second", reused.Value, test.reused)
			near(t, "surviving", s.Value, test.s)
		})
	}
	s, _ := c.Surviving(2)
	if want := Proportion(0.1, 100); math.Abs(s.Low-want.Low) > 1e-9 || math.Abs(s.High-want.High) > 1e-9 {
		t.Errorf("surviving = %+v, want the interval of 10 of 100, %+v", s, want)
	}
}

// TestWhatNeverHappened is bounded by all whose fate is known, not only by those
// that were watched longest.
func TestWhatNeverHappened(t *testing.T) {
	c := Cohort{Outcomes: [][]uint64{{970, 0}, {0, 0}}, Open: []uint64{0, 30}}
	reused, _ := c.Incidence(1, 1)
	if want := Proportion(0, 1000); *reused != *want {
		t.Errorf("%+v, want %+v", *reused, *want)
	}
}

// TestOpenOnesCount is an example by hand: of 10, 2 end and 4 are open in the
// first place; of the 4 left, 2 are reused in the second.
func TestOpenOnesCount(t *testing.T) {
	c := Cohort{Outcomes: [][]uint64{{2, 0, 0}, {0, 2, 0}}, Open: []uint64{4, 0, 2}}
	ended, _ := c.Incidence(0, 2)
	reused, _ := c.Incidence(1, 2)
	near(t, "ended", ended.Value, 2.0/8)
	near(t, "reused", reused.Value, 6.0/8*2/4)
}

func TestTooShortlyWatched(t *testing.T) {
	for _, test := range []struct {
		name   string
		cohort Cohort
		until  int
		known  bool
	}{
		{"nothing", Cohort{Outcomes: [][]uint64{{0, 0}}, Open: []uint64{0, 0}}, 1, false},
		{"all are younger", Cohort{Outcomes: [][]uint64{{0, 0, 0}}, Open: []uint64{3, 0, 0}}, 2, false},
		{"all have ended before", Cohort{Outcomes: [][]uint64{{3, 0, 0}}, Open: []uint64{0, 0, 0}}, 2, true},
		{"up to the place", Cohort{Outcomes: [][]uint64{{3, 0, 0}}, Open: []uint64{0, 1, 0}}, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, known := test.cohort.Surviving(test.until); known != test.known {
				t.Errorf("known %v, want %v", known, test.known)
			}
			if reach := test.cohort.Reach(); reach >= test.until != test.known {
				t.Errorf("reaches place %d", reach)
			}
		})
	}
}

// TestNaiveReadingIsFarOff is what broke a first attempt: memory is used again by
// all that have ended, so to take reuse for a loss of sight says that nearly
// nothing ends.
func TestNaiveReadingIsFarOff(t *testing.T) {
	// Of 1,000, 20 are ended before the next look at their memory, 960 are seen in
	// another's place: their end was known by then. 20 are never ended.
	c := Cohort{Outcomes: [][]uint64{{20, 0}, {960, 0}}, Open: []uint64{0, 20}}
	naive := Cohort{Outcomes: [][]uint64{{20, 0}}, Open: []uint64{960, 20}}
	right, _ := c.Surviving(1)
	wrong, _ := naive.Surviving(1)
	near(t, "open, reuse being an outcome", right.Value, 0.02)
	if wrong.Value < 0.9 {
		t.Errorf("open, reuse being a loss of sight: %v, which is not far off", wrong.Value)
	}
}

// TestIntervalsHoldTheTruth draws 400 histories of which the truth is known:
// spans that start evenly over a minute, 2 % never ended, the rest after an
// exponential time, of a tenth of a second for half of these and of two for the
// others.
func TestIntervalsHoldTheTruth(t *testing.T) {
	const histories, spans, places, until, truth = 400, 800, 60, 50, 0.02
	random := rand.New(rand.NewPCG(1, 2))
	held, known := 0, 0
	for range histories {
		c := Cohort{Outcomes: [][]uint64{make([]uint64, places)}, Open: make([]uint64, places)}
		for range spans {
			age, life := random.Float64()*60, random.ExpFloat64()*0.1
			switch {
			case random.Float64() < truth:
				life = math.Inf(1)
			case random.Float64() < 0.5:
				life *= 20
			}
			if life < age {
				c.Outcomes[0][int(life)]++
			} else {
				c.Open[int(age)]++
			}
		}
		s, ok := c.Surviving(until)
		if !ok {
			continue // nothing was watched for so long
		}
		known++
		if s.Low <= truth && truth <= s.High {
			held++
		}
	}
	if share := float64(held) / float64(known); share < 0.92 || share > 0.99 || known < histories*9/10 {
		t.Errorf("%.3f of %d intervals of 95 %% hold the truth", share, known)
	}
}
