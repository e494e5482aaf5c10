package findings

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/history"
)

// rssAt is the resident memory of a simulated process in bytes, at a time in seconds.
type rssAt func(seconds float64) float64

// watchMemory judges simulated memory. It returns whether it was ever called a leak, and the
// last trend.
func watchMemory(t *testing.T, minutes int, seed uint64, noise float64, rss rssAt) (ever bool, last memoryTrend) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 7))
	readings := estimate.Series{Limit: history.MemoryReadings}
	for second := range minutes * 60 {
		v := rss(float64(second)) + noise*random.NormFloat64()
		readings.Add(time.Duration(second)*time.Second, v)
		if second%10 != 9 {
			continue
		}
		last = trendOf(readings.Points, uint64(v))
		ever = ever || last.leak
	}
	return ever, last
}

// TestMemoryTrend has typical shapes of memory over an hour, each with noise of 20 seeds.
func TestMemoryTrend(t *testing.T) {
	const mb = 1e6
	sawtooth := func(period, height float64) rssAt {
		return func(s float64) float64 { return 100*mb + height*math.Mod(s, period)/period }
	}
	cache := func(minutes float64) rssAt {
		return func(s float64) float64 { return 50*mb + 200*mb*(1-math.Exp(-s/60/minutes)) }
	}
	jump := func(at float64) rssAt {
		return func(s float64) float64 {
			if s < at {
				return 100 * mb
			}
			return 180 * mb
		}
	}
	leak := func(perMinute float64) rssAt { return func(s float64) float64 { return 100*mb + perMinute*s/60 } }
	tests := []struct {
		name string
		rss  rssAt
		leak bool
	}{
		{"flat", leak(0), false},
		{"sawtooth of 7 s", sawtooth(7, 80*mb), false},
		{"sawtooth of a minute", sawtooth(60, 80*mb), false},
		{"sawtooth of two minutes", sawtooth(120, 80*mb), false},
		{"cache warm within a minute", cache(1), false},
		{"cache warm within minutes", cache(4), false},
		{"cache warm within half an hour", cache(10), false},
		{"jump at once", jump(20), false},
		{"jump after two minutes", jump(120), false},
		{"jump after four minutes", jump(240), false},
		{"jump after twenty minutes", jump(1200), false},
		{"leak of 1 MB a minute", leak(mb), true},
		{"leak of 20 MB a minute", leak(20 * mb), true},
		{"leak under a sawtooth", func(s float64) float64 { return leak(5*mb)(s) + sawtooth(45, 60*mb)(s) }, true},
		{"leak of 0.05 MB a minute: not material", leak(0.05 * mb), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for seed := range uint64(20) {
				ever, last := watchMemory(t, 60, seed, 0.5*mb, test.rss)
				if ever && !test.leak {
					t.Fatalf("draw %d: called a leak", seed)
				}
				if test.leak && !last.leak {
					t.Errorf("draw %d: not called a leak after an hour: %+v", seed, last.growth)
				}
			}
		})
	}
}

func TestMemoryGrowthIsClaimedInTime(t *testing.T) {
	grow := func(s float64) float64 { return 100e6 + 2e6*s/60 }
	if _, last := watchMemory(t, 2, 1, 1e5, grow); last.growth != nil || last.judged {
		t.Errorf("after two minutes: %+v", last)
	}
	_, last := watchMemory(t, 4, 1, 1e5, grow)
	if last.growth == nil || last.judged {
		t.Fatalf("after four minutes: %+v", last)
	}
	if g := last.growth; g.Low > 2e6 || g.High < 2e6 || math.Abs(g.Value-2e6) > 0.2e6 {
		t.Errorf("growth %+v, want 2 MB a minute", g)
	}
	if _, last = watchMemory(t, 10, 1, 1e5, grow); !last.leak {
		t.Errorf("after ten minutes: %+v", last)
	}
}
