package testreport

import (
	"fmt"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/report"
)

// Check fails a test whose report has figures that contradict each other, or that did before
// the report was settled.
func Check(t testing.TB, r report.Report) {
	t.Helper()
	for _, complaint := range Complaints(r) {
		t.Error(complaint)
	}
}

// Complaints lists the figures of a report that contradict each other, or that did before
// the report was settled.
func Complaints(r report.Report) (all []string) {
	for _, contradiction := range Contradictions(r) {
		all = append(all, "the report contradicts itself: "+contradiction)
	}
	for _, m := range r.Doubted {
		all = append(all, fmt.Sprintf("%s is doubted: %s", m.What, m.Why))
	}
	for _, m := range r.Missing {
		if strings.HasPrefix(m.Why, report.Contradictory) {
			all = append(all, fmt.Sprintf("%s is missing: %s", m.What, m.Why))
		}
	}
	return all
}

// Contradictions lists the relations that do not hold in a report, with their figures.
func Contradictions(r report.Report) (found []string) {
	for _, rel := range report.Relations() {
		if _, why := rel.Excess(r); why != "" {
			found = append(found, why)
		}
	}
	return found
}
