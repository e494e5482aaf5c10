package findings

import (
	"testing"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestForeignProbes judges breakpoints of others by the CPU samples that stop there.
func TestForeignProbes(t *testing.T) {
	places := snapshot.Foreign{Looked: true, Places: 3, Functions: []snapshot.ForeignFunction{{Name: "net/http.(*conn).serve", Places: 2}, {Name: "main.handle", Places: 1}}}
	debugged := places
	debugged.Tracer = "dlv"
	for _, test := range []struct {
		name    string
		foreign snapshot.Foreign
		at      uint64 // of 100 samples a second, at breakpoints
		want    string // severity; "" if there is no finding
		title   string
	}{
		{"none", snapshot.Foreign{Looked: true}, 0, "", ""},
		{"not looked for", snapshot.Foreign{}, 0, "", ""},
		{"seldom hit", places, 1, report.Info, "uprobes of another program: 3 places in the code, as in net/http.(*conn).serve, main.handle"},
		{"often hit", places, 12, report.Warning, "uprobes of another program take 12 % of the process's CPU time: 3 places in the code"},
		{"most of the time", places, 40, report.Critical, "uprobes of another program take 40 %"},
		{"a debugger", debugged, 0, report.Info, "breakpoints of dlv: 3 places"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := judged(report.Limits{}, steadily(func(s *snapshot.Snapshot) {
				s.Foreign = test.foreign
				s.Samples = snapshot.Samples{Hz: 199, Foreign: test.at, Stacks: []snapshot.Stack{snapshot.NewStack(100, &snapshot.Frame{Function: "main.handle"})}}
			})...)
			wantFinding(t, r, "foreign-probes", test.want, test.title)
		})
	}
}
