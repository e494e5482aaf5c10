package agent

import (
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// minTrapped is from how many samples within hits on what a hit costs is
	// taken from them: it is then known to a fifth.
	minTrapped = 100
	// trapFactor is what a hit costs beyond its trap: it leaves cold caches and
	// predictors behind.
	trapFactor = 1.3
)

// chargeMeter tells what a hit of a probe is charged: by the samples that fell
// into hits of the target's own, and until there are enough of them, by the
// calibration.
type chargeMeter struct {
	calibrated probes.Cost
	trapped    uint64
	within     time.Duration // hits, by those samples
	hits       uint64
}

// add takes in an interval's samples, and the hits on the path of every span up
// to its end.
func (m *chargeMeter) add(s snapshot.Samples, hits uint64) {
	m.hits = hits
	if s.Hz > 0 {
		m.trapped += s.Trapped
		m.within += time.Duration(float64(s.Trapped) / s.Hz * float64(time.Second))
	}
}

// sampled reports whether there are enough samples to go by.
func (m *chargeMeter) sampled() bool { return m.trapped >= minTrapped && m.hits > 0 }

// cost is what a hit is charged. A single-stepped one is as much dearer as the
// calibration found it.
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
