package analyzer

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestComponents reports how many components of a line are alive, and how fast they grow, as far
// as that is known.
func TestComponents(t *testing.T) {
	site := snapshot.BuildSite{
		Kind: "TracerProvider", Site: snapshot.Frame{Function: "main.reload", File: "/src/main.go", Line: 42}, Built: 30, Stopped: 8, Gone: 2,
	}
	for _, test := range []struct {
		name   string
		change func(b *snapshot.Building, s *snapshot.BuildSite)
		growth float64 // -1: null
		exact  bool
	}{
		{"all observed", func(*snapshot.Building, *snapshot.BuildSite) {}, 2, true},
		{"some not observed", func(b *snapshot.Building, _ *snapshot.BuildSite) { b.Whole = false }, 2, false},
		{"not observed for long", func(b *snapshot.Building, _ *snapshot.BuildSite) { b.Observed = 10 * time.Millisecond }, -1, true},
		{"some not tracked", func(b *snapshot.Building, s *snapshot.BuildSite) { b.Unplaced, s.Untracked = 5, 5 }, -1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, s := snapshot.Building{Observed: 10 * time.Second, Whole: true}, site
			test.change(&b, &s)
			b.Sites = []snapshot.BuildSite{s}
			got := components(b, &report.Gaps{})[0]
			growth := -1.0
			if got.Growth != nil {
				growth = *got.Growth
			}
			if got.Site != "main.reload (/src/main.go:42)" || got.Built != 30 || got.ShutDown != 8 || got.Alive != 20 || growth != test.growth || got.Exact != test.exact {
				t.Errorf("%+v with growth %v, want 20 alive, growth %v, exact: %t", got, growth, test.growth, test.exact)
			}
		})
	}
}
