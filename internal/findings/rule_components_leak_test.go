package findings

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
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
			wantFinding(t, r, "components-leak", test.want, test.title)
		})
	}
}

// TestLivingProcessors tells programs by how many batch processors live, as the list of goroutines
// has them.
func TestLivingProcessors(t *testing.T) {
	const total, tracked = 60, 3 // seconds, processors
	readings := func(counts ...uint64) (g snapshot.Goroutines) {
		for i, n := range counts {
			at := testsnapshot.Begin.Add(time.Duration(i) * total * time.Second / time.Duration(len(counts)))
			g.Readings = append(g.Readings, snapshot.GoroutineReading{
				At: at, Listed: 9000, Looked: 9000, Living: []snapshot.LivingKind{{Kind: "batch span processor", Count: n}},
			})
		}
		return g
	}
	for _, test := range []struct {
		name   string
		g      snapshot.Goroutines
		change func(*snapshot.Snapshot)
		want   string // severity; "" if there is no finding
		title  string
	}{
		{"forgotten before the attach", readings(3003, 3003, 3003), func(*snapshot.Snapshot) {}, report.Info, "3003 batch span processors live, and 3 of them had a sampled span while observed, in "},
		{"a few hundred, three of them used", readings(602, 602, 602), func(*snapshot.Snapshot) {}, "", ""},
		{"of tenants, one of them active at night", readings(150, 150, 150), func(s *snapshot.Snapshot) { s.Processors = s.Processors[:1] }, "", ""},
		{"exports observed in short stretches only", readings(3003, 3003), func(s *snapshot.Snapshot) { s.Stretches.Unobserved = 900 * time.Millisecond }, "", ""},
		{"exports observed for more than half of the time", readings(3003, 3003), func(s *snapshot.Snapshot) {
			s.Gaps, s.Stretches.Unobserved = []snapshot.Missing{{What: "export", Why: "the budget"}}, 400*time.Millisecond
		}, report.Info, "3003 batch span processors live, and 3 of them had a sampled span while observed, in "},
		{"exports not observed", readings(3003, 3003), func(s *snapshot.Snapshot) { s.Gaps = []snapshot.Missing{{What: "export", Why: "no probes"}} }, "", ""},
		{"a long schedule delay", readings(3003, 3003), func(s *snapshot.Snapshot) { s.Processors[0].Settings.BatchTimeout = time.Minute }, "", ""},
		{"few spans are sampled", readings(3003, 3003), func(s *snapshot.Snapshot) { s.Counts[1].Calls = 1 }, "", ""},
		{"many spans are recorded only", readings(3003, 3003), func(s *snapshot.Snapshot) {
			s.Counts = append(s.Counts, snapshot.Count{Probe: "unsampled", Calls: 20})
		}, "", ""},
		{"how many spans are sampled is not known", readings(3003, 3003), func(s *snapshot.Snapshot) { s.Counts = nil }, "", ""},
		{"many, of which others than those that are tracked had spans", readings(3003, 3003), func(s *snapshot.Snapshot) {
			s.Others = snapshot.Others{Processors: 3000, Spans: 100}
		}, "", ""},
		{"a sample", func() snapshot.Goroutines {
			g := readings(900)
			g.Readings[0].Looked = 1000
			return g
		}(), func(*snapshot.Snapshot) {}, report.Info, "about 8100 (79"},
		{"growing, and which lines is not known", readings(10, 20, 30, 40, 50, 60), func(s *snapshot.Snapshot) { s.Building = snapshot.Building{} }, report.Warning,
			"60 batch span processors live, 1 more per second: more are built than are shut down"},
		{"fast", readings(10, 110, 210, 310, 410, 510), func(*snapshot.Snapshot) {}, report.Critical, "510 batch span processors live, 10 more"},
		{"grown no more", readings(10, 40, 60, 60), func(*snapshot.Snapshot) {}, "", ""},
		{"grown at the start", readings(10, 60, 60, 61), func(*snapshot.Snapshot) {}, "", ""},
		{"reloaded: one comes and goes", readings(1, 2, 1, 2, 1, 2), func(*snapshot.Snapshot) {}, "", ""},
		{"not read", snapshot.Goroutines{}, func(*snapshot.Snapshot) {}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			change := func(s *snapshot.Snapshot) {
				s.Goroutines, s.Building = test.g, snapshot.Building{Observed: time.Minute, Whole: true}
				s.Processors = nil
				s.Counts = []snapshot.Count{{Probe: "start", Calls: 100}, {Probe: "recording", Calls: 100}}
				for i := range uint64(tracked) {
					s.Processors = append(s.Processors, testsnapshot.Processor(0x1000*(i+1), 1, snapshot.Reading{}, snapshot.Reading{Queue: 1}, 5))
				}
				test.change(s)
			}
			var all []snapshot.Snapshot
			for n := range int(idleFor/time.Second) + 5 {
				all = append(all, second(n, change))
			}
			r := judged(report.Limits{}, all...)
			wantFinding(t, r, "components-leak", test.want, test.title)
		})
	}
}
