package findings

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestVaryingTracers has spans of one name from a new tracer each.
func TestVaryingTracers(t *testing.T) {
	var all []snapshot.Snapshot
	for n := range 20 {
		all = append(all, second(n, func(s *snapshot.Snapshot) {
			for i := range 100 {
				s.Names.Add(snapshot.Name{Scope: fmt.Sprint("request-", n, "-", i), Name: "call", Read: 1, Spans: 1})
			}
			s.Names.Squares = 100
		}))
	}
	for _, test := range []struct {
		name     string
		building snapshot.Building
		want     string // the title; "" if there is no finding
	}{
		{"by names alone", snapshot.Building{}, "tracer names (instrumentation scopes) vary: 1,000 tracers start spans of 1 name"},
		{"none is new", snapshot.Building{Observed: time.Minute}, ""},
		{"new ones", snapshot.Building{Observed: time.Minute, Whole: true, Sites: []snapshot.BuildSite{tracersAt(6000)}},
			"ever more tracers: 6,000 tracers created, 100 per second, at main.handle (main.go:42); scopes vary, and their spans have 1 name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for i := range all {
				all[i].Building = test.building
			}
			got := judged(report.Limits{}, all...).Findings
			switch {
			case test.want == "" && len(got) > 0:
				t.Errorf("%+v", got)
			case test.want == "":
			case len(got) != 1 || got[0].ID != "scope-churn" || got[0].Title != test.want || got[0].Advice[0].Title != fixedTracerNames:
				t.Errorf("%+v, want %q", got, test.want)
			}
		})
	}
}

// tracersAt is a line that has created so many tracers in a minute.
func tracersAt(n uint64) snapshot.BuildSite {
	return snapshot.BuildSite{
		Kind: snapshot.Tracer, Site: snapshot.Frame{Function: "main.handle", File: "main.go", Line: 42},
		Built: n, Later: n / 2, First: time.Minute, Growing: time.Minute,
	}
}

// TestScopeChurn distinguishes tracers and instruments that pile up from those that do not.
func TestScopeChurn(t *testing.T) {
	instruments := tracersAt(6000)
	instruments.Kind = snapshot.Instrument
	for _, test := range []struct {
		name    string
		version string
		sites   []snapshot.BuildSite
		want    bool
	}{
		{"few tracers", "v1.47.0", []snapshot.BuildSite{tracersAt(40)}, false},
		{"a tracer of each of many providers", "v1.47.0", []snapshot.BuildSite{tracersAt(600), {Kind: "TracerProvider", Built: 500, Gone: 400}}, false},
		{"instruments that an old API keeps", "v1.16.0", []snapshot.BuildSite{instruments}, true},
		{"instruments that are kept once", "v1.30.0", []snapshot.BuildSite{instruments}, false},
		{"instruments of a MeterProvider", "v1.16.0", []snapshot.BuildSite{instruments, {Kind: snapshot.SDKInstrument, Built: 6000}}, false},
		{"instruments of an unknown version", "(devel)", []snapshot.BuildSite{instruments}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := judged(report.Limits{}, steadily(func(s *snapshot.Snapshot) {
				s.Target.SDKVersion, s.Building = test.version, snapshot.Building{Observed: time.Minute, Whole: true, Sites: test.sites}
			})...)
			if got := slices.ContainsFunc(r.Findings, func(f report.Finding) bool { return f.ID == "scope-churn" }); got != test.want {
				t.Errorf("raised %v, want %v: %+v", got, test.want, r.Findings)
			}
		})
	}
}

// TestNamesNotJudged has text that is known to be short, and too few names.
func TestNamesNotJudged(t *testing.T) {
	brief := func(s *snapshot.Snapshot) {
		for range 20 {
			s.Texts.Add(30, 30)
		}
	}
	missing := judged(report.Limits{}, steadily(brief)...).Missing
	if !slices.ContainsFunc(missing, func(m snapshot.Missing) bool { return m.What == "findings.high-cardinality" }) {
		t.Errorf("missing %+v, want findings.high-cardinality: no name was read", missing)
	}
}
