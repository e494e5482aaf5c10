package testreport

import (
	"testing"

	"github.com/otwatch/otwatch/internal/report"
)

// Check fails a test whose report has figures that contradict each other.
func Check(t testing.TB, r report.Report) {
	t.Helper()
	for _, contradiction := range Contradictions(r) {
		t.Errorf("the report contradicts itself: %s", contradiction)
	}
}
