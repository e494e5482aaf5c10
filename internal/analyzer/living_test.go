package analyzer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestLiving counts what lives, and how its number has grown.
func TestLiving(t *testing.T) {
	at := func(after time.Duration, kinds ...snapshot.LivingKind) snapshot.GoroutineReading {
		return snapshot.GoroutineReading{At: time.Unix(1000, 0).Add(after), Listed: 500, Looked: 500, Living: kinds}
	}
	processors := func(n uint64) snapshot.LivingKind { return snapshot.LivingKind{Kind: "batch span processor", Count: n} }
	connections := snapshot.LivingKind{Kind: "gRPC client connection", Count: 3}
	for _, test := range []struct {
		name     string
		readings []snapshot.GoroutineReading
		want     []report.Living
		missing  bool
	}{
		{"not read", nil, []report.Living{}, true},
		{"nothing lives", []snapshot.GoroutineReading{at(0)}, []report.Living{}, false},
		{"read once", []snapshot.GoroutineReading{at(0, processors(23))}, []report.Living{{Kind: "batch span processor", Count: estimate.Counted(23)}}, false},
		{"a short time apart", []snapshot.GoroutineReading{at(0, processors(23)), at(9*time.Second, processors(24))},
			[]report.Living{{Kind: "batch span processor", Count: estimate.Counted(24)}}, false},
		{"grown, and new", []snapshot.GoroutineReading{at(0, processors(23)), at(30*time.Second, processors(123), connections)}, []report.Living{
			{Kind: "batch span processor", Count: estimate.Counted(123), GrowthPerMinute: &estimate.Estimate{Value: 200, Low: 200, High: 200, N: 23, Exact: true}},
			{Kind: "gRPC client connection", Count: estimate.Counted(3), GrowthPerMinute: &estimate.Estimate{Value: 6, Low: 6, High: 6, Exact: true}},
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var g report.Gaps
			got := living(snapshot.Goroutines{Readings: test.readings}, &g)
			if diff := cmp.Diff(test.want, got); diff != "" || g.Has("living") != test.missing {
				t.Errorf("missing: %v (-want +got):\n%s", g.Has("living"), diff)
			}
		})
	}
}
