package findings

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestComponentsLeak tells lines that build processors without an end from those that build
// some at the start, or shut them down.
func TestComponentsLeak(t *testing.T) {
	line := snapshot.Frame{Function: "main.handle", File: "main.go", Line: 42}
	site := snapshot.BuildSite{
		Kind: "batch span processor", Site: line, Built: 400, Later: 200,
		First: 40 * time.Second, Growing: 40 * time.Second,
	}
	for _, test := range []struct {
		name   string
		change func(b *snapshot.Building, s *snapshot.BuildSite)
		want   string // severity; "" if there is no finding
		title  string
	}{
		{"ten a second", func(*snapshot.Building, *snapshot.BuildSite) {}, report.Critical,
			"400 batch span processors were built and not shut down, 10 more per second, at main.handle (main.go:42)"},
		{"a few a minute", func(b *snapshot.Building, s *snapshot.BuildSite) { s.Built, s.Later = 10, 5 }, report.Warning,
			"10 batch span processors were built and not shut down, 0.25 more per second, at main.handle (main.go:42)"},
		{"not all observed", func(b *snapshot.Building, s *snapshot.BuildSite) { b.Whole = false }, report.Critical, "at least 400 batch span processors"},
		{"more than are tracked", func(b *snapshot.Building, s *snapshot.BuildSite) { b.Unplaced, s.Untracked, s.Later = 400, 400, 400 }, report.Critical,
			"at least 400 batch span processors were built and not shut down, 20 more per second"},
		{"shut down, but few of them tracked", func(b *snapshot.Building, s *snapshot.BuildSite) {
			b.Unplaced, s.Built, s.Stopped, s.Untracked = 398, 2, 2, 398
		}, "", ""},
		{"shut down", func(b *snapshot.Building, s *snapshot.BuildSite) { s.Stopped = 398 }, "", ""},
		{"shut down, as far as that was observed", func(b *snapshot.Building, s *snapshot.BuildSite) { b.Whole, s.Stopped = false, 60 }, "", ""},
		{"built at the start", func(b *snapshot.Building, s *snapshot.BuildSite) { s.Later = 10 }, "", ""},
		{"built no more", func(b *snapshot.Building, s *snapshot.BuildSite) { s.Still = 21 * time.Second }, "", ""},
		{"five", func(b *snapshot.Building, s *snapshot.BuildSite) { s.Built, s.Later = 5, 3 }, "", ""},
		{"only just begun", func(b *snapshot.Building, s *snapshot.BuildSite) { s.First = 10 * time.Second }, "", ""},
		{"providers without processors", func(b *snapshot.Building, s *snapshot.BuildSite) { s.Kind = "TracerProvider" }, "", ""},
		{"not observed", func(b *snapshot.Building, s *snapshot.BuildSite) { b.Observed = 0 }, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, s := snapshot.Building{Observed: time.Minute, Whole: true}, site
			test.change(&b, &s)
			b.Sites = []snapshot.BuildSite{s}
			r := judged(report.Limits{}, steadily(func(s *snapshot.Snapshot) { s.Building = b })...)
			i := slices.IndexFunc(r.Findings, func(f report.Finding) bool { return f.ID == "components-leak" })
			switch {
			case test.want == "" && i >= 0:
				t.Errorf("%+v", r.Findings[i])
			case test.want == "":
			case i < 0:
				t.Error("no finding")
			case r.Findings[i].Severity != test.want || !strings.HasPrefix(r.Findings[i].Title, test.title):
				t.Errorf("%s %q, want %s %q", r.Findings[i].Severity, r.Findings[i].Title, test.want, test.title)
			}
		})
	}
}
