package findings

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestForecastSampling(t *testing.T) {
	at := func(share float64) facts {
		return facts{limits: report.Limits{}.OrDefault(), cost: report.Report{CPU: report.CPU{Tracing: report.Share{Share: estimate.Around(share, share/10, 1000)}}}}
	}
	advice := forecastSampling(at(0.3))
	if len(advice) != 1 || advice[0].Wanted["OTEL_TRACES_SAMPLER_ARG"] == "" || advice[0].Expected["cpu.tracing.share"] > 0.05 {
		t.Errorf("%+v, want a ratio at which tracing takes 5 %% at the most", advice)
	}
	if advice = forecastSampling(at(0.9)); len(advice) != 2 || advice[0].Wanted["OTEL_TRACES_SAMPLER_ARG"] != "0.01" || len(advice[1].Wanted) != 0 {
		t.Errorf("%+v: spans that are not sampled alone cost more than the limit, so no ratio will do", advice)
	}
}

func TestRoundDown(t *testing.T) {
	for ratio, want := range map[float64]float64{1: 1, 0.378: 0.37, 0.1: 0.1, 0.0949: 0.094, 0.0011: 0.0011} {
		if got := roundDown(ratio); got < want*0.999 || got > want*1.001 {
			t.Errorf("%v: %v, want %v", ratio, got, want)
		}
	}
}

// TestForecastSamplingMeetsTheTarget aims at the target if that is not the limit.
func TestForecastSamplingMeetsTheTarget(t *testing.T) {
	s := facts{limits: report.Limits{CPU: 0.2, Target: 0.08}, cost: report.Report{CPU: report.CPU{Tracing: report.Share{Share: estimate.Around(0.3, 0.03, 1000)}}}}
	advice := forecastSampling(s)
	if len(advice) != 1 {
		t.Fatalf("%+v, want one ratio", advice)
	}
	if got := advice[0].Expected["cpu.tracing.share"]; got > 0.08 || got < 0.075 {
		t.Errorf("expected share %v, want one just below 8 %%", got)
	}
}

// TestSampleByName samples the one name that makes up most of the traces; child spans do not
// count.
func TestSampleByName(t *testing.T) {
	busy := snapshot.Names{List: []snapshot.Name{
		{Scope: "shop", Name: "GET /feed", Read: 90, Spans: 90, LocalRoots: 90},
		{Scope: "shop", Name: "query", Read: 500, Spans: 500},
		{Scope: "shop", Name: "POST /order", Read: 10, Spans: 10, LocalRoots: 10},
	}}
	tests := []struct {
		name    string
		names   snapshot.Names
		overall float64
		want    string // in the advice; empty: none
	}{
		{"one busy name", busy, 0.2, `sample 11 % of "GET /feed", and all others`},
		{"rare names alone are too many", busy, 0.05, ""},
		{"one name only", snapshot.Names{List: busy.List[:1]}, 0.2, ""},
		{"too few spans read", snapshot.Names{List: busy.List[2:]}, 0.2, ""},
	}
	for _, test := range tests {
		advice := sampleByName(test.names, test.overall, nil)
		if len(advice) > 1 || (test.want == "") != (len(advice) == 0) {
			t.Errorf("%s: %+v", test.name, advice)
		}
		if len(advice) == 1 && !strings.Contains(advice[0].Title, test.want) {
			t.Errorf("%s: %q, want %q", test.name, advice[0].Title, test.want)
		}
	}
}
