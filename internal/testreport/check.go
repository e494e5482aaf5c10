package testreport

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/report"
)

// Check fails a test whose report has figures that contradict each other, or that did before
// the report was settled.
func Check(t testing.TB, r report.Report) {
	t.Helper()
	for _, contradiction := range report.Contradictions(r) {
		t.Errorf("the report contradicts itself: %s", contradiction)
	}
	for _, m := range r.Doubted {
		t.Errorf("%s is doubted: %s", m.What, m.Why)
	}
	for _, m := range r.Missing {
		if strings.HasPrefix(m.Why, report.Contradictory) {
			t.Errorf("%s is missing: %s", m.What, m.Why)
		}
	}
}
