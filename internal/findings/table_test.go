package findings

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// TestFindingsAsJSON compares several findings with a golden file, and with those of a second
// Judge.
func TestFindingsAsJSON(t *testing.T) {
	intervals := steadily(leaky, drops(200), queued(2048), took(2*time.Second, 2*time.Second),
		sampling(testsnapshot.Stack(100, start, app), testsnapshot.Stack(100, setAttributes, app), testsnapshot.Stack(40, newComposite, app), testsnapshot.Stack(760, app)))
	render := func() string {
		text, err := json.MarshalIndent(judged(report.Limits{RSS: 80e6}, intervals...).Findings, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return string(text) + "\n"
	}
	first := render()
	golden.Equal(t, "findings.json", first)
	if render() != first {
		t.Error("the same Snapshots gave other findings")
	}
}
