package agent

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Fifty samples at 100 Hz are half a second.
func TestChargeGoesByTrapSamplesOnceThereAreEnough(t *testing.T) {
	m := chargeMeter{calibrated: probes.Cost{Emulated: time.Microsecond, Stepped: 10 * time.Microsecond}}
	if got := m.cost(); got != m.calibrated.Charged() || m.source() != "calibration" {
		t.Errorf("%v by %s before any sample, want the calibration's charge", got, m.source())
	}
	m.add(snapshot.Samples{Hz: 100, SetAside: 900, Trapped: 50}, 250_000)
	if got := m.cost(); got != m.calibrated.Charged() {
		t.Errorf("%v with half the samples it takes, want the calibration's charge", got)
	}
	m.add(snapshot.Samples{}, 250_000) // not sampled
	m.add(snapshot.Samples{Hz: 50, SetAside: 500, Trapped: 50}, 750_000)
	want := probes.Cost{Emulated: 2600 * time.Nanosecond, Stepped: 26 * time.Microsecond} // 1.5 s of 750,000 hits
	if got := m.cost(); got != want || m.source() != "trap samples" {
		t.Errorf("%v by %s, want %v by the samples", got, m.source(), want)
	}
}
