package agent

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

// TestKeptTakes has a list that is read each two seconds: how it has grown since it fell last.
func TestKeptTakes(t *testing.T) {
	const second = time.Second
	type growth struct {
		before        uint64
		rising, still time.Duration // at the last reading
		falls         uint64
	}
	for _, test := range []struct {
		name    string
		entries []uint64
		want    growth
	}{
		{"once", []uint64{7}, growth{7, 0, 0, 0}},
		{"it grows", []uint64{100, 200, 300, 400}, growth{100, 6 * second, 0, 0}},
		{"it stands still", []uint64{100, 200, 200, 200}, growth{100, 6 * second, 4 * second, 0}},
		{"it never grows", []uint64{100, 100, 100}, growth{100, 4 * second, 4 * second, 0}},
		{"it is emptied", []uint64{100, 900, 0, 50, 100}, growth{0, 4 * second, 0, 1}},
		{"it is emptied twice", []uint64{100, 0, 50, 0}, growth{0, 0, 0, 2}},
		{"some of many leave", []uint64{1000, 2000, 1950, 2400}, growth{1000, 6 * second, 0, 0}},
		{"it goes up and down", []uint64{1000, 1100, 900, 1050, 950}, growth{950, 0, 0, 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := &keptMeter{process: &target.Process{}}
			now := time.Now()
			for i, n := range test.entries {
				if i > 0 {
					now = now.Add(2 * second)
				}
				m.take(now, []snapshot.KeptReading{{Where: "main.recorder.spans", Entries: n}, {Where: "main.other.spans"}})
			}
			got := m.interval(now).Lists[0]
			if diff := cmp.Diff(test.want, growth{got.Before, got.Rising, got.Still, got.Falls}, cmp.AllowUnexported(growth{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
