package agent

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// runLoad watches the reference program from before its load to its shutdown.
func runLoad(t *testing.T, session *probes.Session, budget float64, args ...string) (report.Report, testtarget.Totals) {
	t.Helper()
	program := testtarget.Start(t, append([]string{"-endpoint", testtarget.Receive(t, testtarget.Accept)}, args...)...)
	w := startWatch(t, session, program.PID(), budget)
	program.Begin()
	program.AwaitLoad()
	totals := program.Shutdown()
	return w.report(), totals
}

// holds checks that there is an estimate, and that the truth is within twice its
// interval. A 95 % interval misses once in twenty, one of twice the width once in ten
// thousand.
func holds(t *testing.T, what string, got *estimate.Estimate, want float64) {
	t.Helper()
	if got == nil || want < 2*got.Low-got.Value || want > 2*got.High-got.Value {
		t.Errorf("%s = %+v, want an interval around %v", what, got, want)
	}
}

// TestNamesAndRequests makes requests of a root span and two children.
func TestNamesAndRequests(t *testing.T) {
	session := newSession(t)
	const requests = 2003
	for _, test := range []struct {
		name   string
		budget float64
		args   []string
		sync   bool
	}{
		{name: "windows", budget: defaultBudget},
		{name: "no limit", budget: 1},
		{name: "two processors", budget: 1, args: []string{"-processors", "2"}},
		{name: "on the caller's path", budget: 1, args: []string{"-sync"}, sync: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, totals := runLoad(t, session, test.budget, append(test.args, "-rate", "1000", "-spans", "2003", "-children", "2")...)
			if len(r.Names) != 2 || r.Names[0].Name != "part of the work" || r.Names[1].Name != "work" {
				t.Fatalf("names %+v, missing %v", r.Names, r.Missing)
			}
			part, work := r.Names[0], r.Names[1]
			holds(t, "the children's share", part.Share, 2.0/3)
			if part.Scope != "reference/inner" || part.AttributesPerSpan != 2 || work.Scope != "reference" || work.AttributesPerSpan != 4 {
				t.Errorf("names %+v", r.Names)
			}
			if half := (part.Share.High - part.Share.Low) / 2; half > 0.1 {
				t.Errorf("share ± %v of %d spans, want some hundred", half, part.Share.N)
			}
			if started := float64(totals["otel.sdk.span.started"]); started != 3*requests {
				t.Fatalf("%v spans were started", started)
			}
			holds(t, "requests", r.Request.RootSpans, requests)
			switch blocked := r.Request.BlockedUS; {
			case blocked == nil:
				t.Errorf("blocked is not claimed: %v", r.Missing)
			case test.sync && (blocked.Value < 50 || blocked.Value > 100_000):
				t.Errorf("a request of three exports was blocked for %v µs", blocked.Value)
			case !test.sync && *blocked != *estimate.Counted(0):
				t.Errorf("blocked %+v by batch processors", blocked)
			}
		})
	}
}

// TestSampledAreToldApart samples all, some and none of the traces.
func TestSampledAreToldApart(t *testing.T) {
	session := newSession(t)
	for _, test := range []struct {
		name   string
		budget float64
		spans  int // 1,000 of them a second
		sample string
		ratio  float64
	}{
		{"all, no limit", 1, 3001, "1", 1},
		{"a fifth, no limit", 1, 3001, "0.2", 0.2},
		{"none, no limit", 1, 3001, "0", 0},
		{"a fifth, in windows", defaultBudget, 3001, "0.2", 0.2},
		{"none, in windows", defaultBudget, 8001, "0", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, totals := runLoad(t, session, test.budget, "-rate", "1000", "-spans", strconv.Itoa(test.spans), "-sample", test.sample)
			if test.budget == 1 {
				exact(t, "started", r.Spans.Started, totals["otel.sdk.span.started"])
			} else if r.Spans.Started == nil {
				t.Fatalf("started is not claimed: %v", r.Missing)
			}
			// Every sampled span is exported in the end.
			sampled := r.Spans.Sampled
			if sampled == nil {
				t.Fatalf("sampled is not claimed: %v", r.Missing)
			}
			if test.budget == 1 {
				exact(t, "sampled", sampled, totals["otel.sdk.exporter.span.exported"])
			} else {
				holds(t, "sampled", sampled, float64(totals["otel.sdk.exporter.span.exported"]))
			}
			if got := sampled.Value / float64(test.spans); math.Abs(got-test.ratio) > 0.1 {
				t.Errorf("%v of all are sampled, want %v", got, test.ratio)
			}
		})
	}
}

// TestRateWithoutSampledSpans watches an even load of which nothing is sampled: the
// number of spans started can only be scaled from a rate.
func TestRateWithoutSampledSpans(t *testing.T) {
	session := newSession(t)
	program := testtarget.Start(t, "-endpoint", "127.0.0.1:1", "-rate", "2000", "-spans", "1000000", "-sample", "0")
	program.Begin()
	time.Sleep(200 * time.Millisecond)
	w := startWatch(t, session, program.PID(), defaultBudget)
	time.Sleep(8 * time.Second) // for two windows
	r := w.report()
	holds(t, "started", r.Spans.Started, 2000*r.Window.Seconds)
	t.Logf("started %+v in %v s", r.Spans.Started, r.Window.Seconds)
}
