package analyzer

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testreport"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// TestContradictoryCounts has Snapshots whose counts contradict each other, as a damaged
// recording or a target with false data in its memory may have.
func TestContradictoryCounts(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*snapshot.Snapshot)
		missing string // what rests on the figures
	}{
		{"more exports failed than returned", func(s *snapshot.Snapshot) { s.Exports[0].Errors = 1 << 40 }, "export"},
		{"more spans failed than exports had", func(s *snapshot.Snapshot) { s.Exports[0].Failed = 1 << 40 }, "export.batch"},
		{"a queue above its capacity", func(s *snapshot.Snapshot) { s.Processors[0].After.Queue = 1 << 40 }, "queue"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := testsnapshot.Busy()
			test.change(&s)
			r := Analyze(s)
			asJSON(t, r)
			if why := r.Why(test.missing); !strings.Contains(why, report.Contradictory) {
				t.Errorf("%s is missing for the reason %q", test.missing, why)
			}
			if found := testreport.Contradictions(r); len(found) > 0 {
				t.Errorf("the report contradicts itself: %q", found)
			}
		})
	}
}
