package agent

import (
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// minTrapped is how many samples within hits are needed to measure the cost of a hit
	// by them: it is then known to a fifth.
	minTrapped = 100
	// trapFactor accounts for what a hit costs after its trap: it leaves cold caches and
	// branch predictors behind.
	trapFactor = 1.3
)

// chargeMeter measures what a probe hit costs the target, by the CPU samples that fell
// into hits. Until there are enough samples the calibration counts.
type chargeMeter struct {
	calibrated probes.Cost
	trapped    uint64
	within     time.Duration // CPU time within hits, by those samples
	hits       uint64
}

// add takes in an interval's samples, and the total of hits on the path of every span at
// its end.
func (m *chargeMeter) add(s snapshot.Samples, hits uint64) {
	m.hits = hits
	if s.Hz > 0 {
		m.trapped += s.Trapped
		m.within += time.Duration(float64(s.Trapped) / s.Hz * float64(time.Second))
	}
}

// sampled reports whether there are enough samples.
func (m *chargeMeter) sampled() bool { return m.trapped >= minTrapped && m.hits > 0 }

// cost is what a hit is charged. The ratio of a single-stepped hit to an emulated one is
// the calibration's.
func (m *chargeMeter) cost() probes.Cost {
	if !m.sampled() {
		return m.calibrated.Charged()
	}
	emulated := trapFactor * float64(m.within) / float64(m.hits)
	stepped := emulated * float64(m.calibrated.Stepped) / float64(m.calibrated.Emulated)
	return probes.Cost{Emulated: time.Duration(emulated), Stepped: time.Duration(stepped)}
}

// source names where cost comes from.
func (m *chargeMeter) source() string {
	if m.sampled() {
		return "trap samples"
	}
	return "calibration"
}
