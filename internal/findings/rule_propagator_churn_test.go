package findings

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestInstrumentationPerRequest distinguishes lines that build instrumentation with the
// requests from those that build it at the start, or with connections. 1,000 spans a second end.
func TestInstrumentationPerRequest(t *testing.T) {
	const transport = "otelhttp.NewTransport"
	for _, test := range []struct {
		name   string
		change func(site *snapshot.BuildSite)
		want   string // the title; "" if there is no finding
	}{
		{"one for each request", func(*snapshot.BuildSite) {},
			"otelhttp.NewTransport is called 100 times per second, 0.1 per span, at main.handle (main.go:42)"},
		{"by a library", func(site *snapshot.BuildSite) {
			site.Site, site.Own = snapshot.Frame{Function: "example.com/api.Dial", File: "dial.go", Line: 7}, site.Site
		}, "otelhttp.NewTransport is called 100 times per second, 0.1 per span, at example.com/api.Dial (dial.go:7), called by main.handle (main.go:42)"},
		{"for one of 200 spans", func(site *snapshot.BuildSite) { site.Built, site.Later = 300, 150 }, ""},
		{"at the start", func(site *snapshot.BuildSite) { site.Later = 0 }, ""},
		{"no more", func(site *snapshot.BuildSite) { site.Still = 21 * time.Second }, ""},
		{"of a provider", func(site *snapshot.BuildSite) { site.Kind = "TracerProvider" }, ""},
		{"SDK instruments", func(site *snapshot.BuildSite) { site.Kind = snapshot.SDKInstrument }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			site := tracersAt(6000)
			site.Kind = transport
			test.change(&site)
			r := judged(report.Limits{}, steadily(func(s *snapshot.Snapshot) {
				s.Building = snapshot.Building{Observed: time.Minute, Whole: true, Sites: []snapshot.BuildSite{site}}
			})...)
			i := slices.IndexFunc(r.Findings, func(f report.Finding) bool { return f.ID == "propagator-churn" })
			switch {
			case test.want == "" && i >= 0:
				t.Errorf("%q", r.Findings[i].Title)
			case test.want == "":
			case i < 0:
				t.Error("no finding")
			case r.Findings[i].Title != test.want || !strings.Contains(r.Findings[i].Advice[0].Title, transport):
				t.Errorf("%q, want %q; advice %q", r.Findings[i].Title, test.want, r.Findings[i].Advice[0].Title)
			}
		})
	}
}
