package findings

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// fates are what happens to the spans of a simulated site, as shares. All others end within
// 100 ms.
type fates struct {
	held, abandoned, long, late float64
	longest                     time.Duration // of the long-running
	overlooked                  float64       // of the ends that no probe sees, how many none learns of
	certain                     float64       // of the abandoned, how many are so for certain
	probed                      float64       // of the ends, how many are seen by probe
}

// simulate follows n spans that start evenly over the time watched.
func (h fates) simulate(n int, watched time.Duration, random *rand.Rand) snapshot.Following {
	s := snapshot.FollowedSite{Site: snapshot.Frame{Function: "main.handle", File: "main.go", Line: 42}, Followed: uint64(n), Weight: uint64(n)}
	f := snapshot.Following{ReusedAfter: 2}
	end := func(age, life time.Duration) {
		switch seen := random.Float64() < h.probed && life < 100*time.Millisecond; {
		case age < life:
			s.Open.Add(age)
			s.Held.Add(age) // it outlived collections, as a leaked one does
		case seen || random.Float64() >= h.overlooked:
			s.Ended.Add(life)
			s.LongestEnd = max(s.LongestEnd, life)
			if !seen {
				s.Read++
			}
		default:
			s.Lost.Add(life)
		}
		if random.Float64() < h.overlooked {
			f.Gone++
		} else {
			f.Kept++
		}
	}
	for range n {
		age := time.Duration(random.Float64() * float64(watched))
		switch fate := random.Float64(); {
		case fate < h.held:
			s.Open.Add(age)
			s.Held.Add(age)
			s.Oldest = max(s.Oldest, age)
			s.HeldBytes += 600
		case fate < h.held+h.abandoned && random.Float64() < h.certain:
			s.Reused.Add(min(age, 500*time.Millisecond))
		case fate < h.held+h.abandoned:
			s.Lost.Add(min(age, 500*time.Millisecond))
		case fate < h.held+h.abandoned+h.long:
			end(age, time.Duration((0.5+random.Float64()/2)*float64(h.longest)))
		case fate < h.held+h.abandoned+h.long+h.late:
			end(age, time.Duration((0.5+random.Float64())*float64(time.Second)))
		default:
			end(age, time.Duration(random.ExpFloat64()*float64(10*time.Millisecond)))
		}
	}
	f.Sites = []snapshot.FollowedSite{s}
	return f
}

// TestFatesAreDistinguished has all fates at one site: the intervals of the two figures must
// contain the truth, and other fates must not count.
func TestFatesAreDistinguished(t *testing.T) {
	for _, test := range []struct {
		name  string
		fates fates
	}{
		{"nothing leaks", fates{long: 0.01, late: 0.02, longest: 5 * time.Second, probed: 1}},
		{"one in a hundred of each", fates{held: 0.01, abandoned: 0.01, long: 0.01, late: 0.02, longest: 5 * time.Second, certain: 1, probed: 1}},
		{"ends are overlooked", fates{held: 0.01, abandoned: 0.01, long: 0.01, late: 0.05, longest: 5 * time.Second, overlooked: 0.3, certain: 0.3, probed: 0.9}},
		{"no end is seen by probe", fates{held: 0.01, abandoned: 0.02, late: 0.02, overlooked: 0.1, certain: 0.5}},
		{"few are lost sight of", fates{abandoned: 0.01, overlooked: 0.02, certain: 0.9, probed: 0.9}},
		{"long-running ones of a minute", fates{held: 0.02, abandoned: 0.01, long: 0.05, longest: time.Minute, certain: 1, probed: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(3, 4))
			const rounds = 60
			var heldIn, abandonedIn int
			for range rounds {
				found := leaks(test.fates.simulate(6000, 6*time.Minute, random), nil, snapshot.Names{})
				l := found[0]
				if l.NeverEnded == nil {
					t.Fatalf("not claimed: %+v", l)
				}
				if l.HeldOpen == nil && test.fates.held == 0 || l.HeldOpen.Low <= test.fates.held && test.fates.held <= l.HeldOpen.High {
					heldIn++
				}
				if l.Abandoned.Low <= test.fates.abandoned && test.fates.abandoned <= l.Abandoned.High {
					abandonedIn++
				}
				if want := test.fates.held+test.fates.abandoned > 0; l.leaks() != want {
					t.Errorf("leaks %v, want %v: held %+v abandoned %+v", l.leaks(), want, l.HeldOpen, l.Abandoned)
				}
			}
			if heldIn < rounds*85/100 || abandonedIn < rounds*85/100 {
				t.Errorf("of %d intervals %d hold what is held, %d what is abandoned", rounds, heldIn, abandonedIn)
			}
		})
	}
}

// site is a site whose spans ended within a second, with changes.
func site(ended uint64, changes ...func(*snapshot.FollowedSite)) snapshot.FollowedSite {
	s := snapshot.FollowedSite{Site: snapshot.Frame{Function: "main.handle", File: "main.go", Line: 42}, Followed: ended, Weight: ended, LongestEnd: time.Second}
	s.Ended[snapshot.AgeBin(time.Second)] = ended
	for _, change := range changes {
		change(&s)
	}
	s.Weight = s.Followed
	return s
}

func heldFor(n uint64, age time.Duration) func(*snapshot.FollowedSite) {
	return func(s *snapshot.FollowedSite) {
		s.Open[snapshot.AgeBin(age)] += n
		s.Held[snapshot.AgeBin(age)] += n
		s.Followed, s.Oldest, s.HeldBytes = s.Followed+n, age, 600*n
	}
}

// lastStart is how long ago a site has started its last span.
func lastStart(since time.Duration) func(*snapshot.FollowedSite) {
	return func(s *snapshot.FollowedSite) { s.Latest = since }
}

// running are spans whose call is under way.
func running(n uint64, age time.Duration) func(*snapshot.FollowedSite) {
	return func(s *snapshot.FollowedSite) {
		s.Running[snapshot.AgeBin(age)] += n
		s.Followed, s.Oldest = s.Followed+n, age
	}
}

func openFor(n uint64, age time.Duration) func(*snapshot.FollowedSite) {
	return func(s *snapshot.FollowedSite) {
		s.Open[snapshot.AgeBin(age)] += n
		s.Followed, s.Oldest = s.Followed+n, age
	}
}

func reused(n uint64) func(*snapshot.FollowedSite) {
	return func(s *snapshot.FollowedSite) {
		s.Reused[snapshot.AgeBin(time.Second)] += n
		s.Followed += n
	}
}

func lost(n, read uint64) func(*snapshot.FollowedSite) {
	return func(s *snapshot.FollowedSite) {
		s.Lost[snapshot.AgeBin(time.Second)] += n
		s.Followed, s.Read = s.Followed+n, read
	}
}

func lastEnd(age time.Duration) func(*snapshot.FollowedSite) {
	return func(s *snapshot.FollowedSite) {
		s.Ended.Add(age)
		s.Followed, s.LongestEnd = s.Followed+1, age
	}
}

func startedAt(function, module string) func(*snapshot.FollowedSite) {
	return func(s *snapshot.FollowedSite) {
		s.Site = snapshot.Frame{Function: function, File: "/root/go/pkg/mod/" + module + "/stats_handler.go", Line: 62}
	}
}

// TestSpanLeak tests the boundaries of the rule.
func TestSpanLeak(t *testing.T) {
	const otelGRPC = contribPrefix + "google.golang.org/grpc/otelgrpc"
	for _, test := range []struct {
		name string
		site snapshot.FollowedSite
		want state
	}{
		{"all end", site(1000), absent},
		{"too few followed", site(199), unknown},
		{"five of 1,000 are held", site(995, heldFor(5, time.Minute)), present},
		{"four are held", site(996, heldFor(4, time.Minute)), unknown},
		{"five of 10,000 are held", site(9995, heldFor(5, time.Minute)), unknown},
		{"old, but no collections have told", site(900, openFor(100, time.Minute)), unknown},
		{"not yet older than is normal", site(990, heldFor(10, 15*time.Second)), absent},
		{"one of them ended after half a minute", site(990, heldFor(10, time.Minute), lastEnd(30*time.Second)), absent},
		{"and the others are there after three more", site(990, heldFor(10, 5*time.Minute), lastEnd(30*time.Second)), present},
		{"none ends, for a minute", site(0, heldFor(200, time.Minute)), absent},
		{"none ends, for ten minutes", site(0, heldFor(200, 10*time.Minute)), absent},
		{"none ends, and more start, for twenty minutes", site(0, heldFor(200, 20*time.Minute)), present},
		{"none ends, and none has started for ten minutes", site(0, heldFor(200, 20*time.Minute), lastStart(10*time.Minute)), absent},
		{"none ends, of a server whose otelgrpc has that defect", site(0, heldFor(200, time.Minute), startedAt(otelGRPC+".(*serverHandler).TagRPC", otelGRPC+"@v0.58.0")), present},
		{"none ends, of one that has it no more", site(0, heldFor(200, time.Minute), startedAt(otelGRPC+".(*serverHandler).TagRPC", otelGRPC+"@v0.63.0")), absent},
		{"none ends, of a client", site(0, heldFor(200, time.Minute), startedAt(otelGRPC+".(*clientHandler).TagRPC", otelGRPC+"@v0.58.0")), absent},
		{"their calls are under way", site(990, running(10, time.Minute)), absent},
		{"five were abandoned", site(995, reused(5)), present},
		{"and nothing has been open for long", site(995, reused(5), openFor(100, time.Millisecond)), present},
		{"four were abandoned", site(996, reused(4)), unknown},
		{"as many were lost sight of as are overlooked", site(1000, lost(50, 450)), absent},
		{"far more were", site(900, lost(100, 50)), present},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := snapshot.Following{Sites: []snapshot.FollowedSite{test.site}, ReusedAfter: 2, Kept: 900, Gone: 100}
			if got := judgeSpanLeak(facts{wholeWatch: wholeWatch{leaks: leaks(f, nil, snapshot.Names{})}}); got.state != test.want {
				t.Errorf("state %v, want %v: %+v", got.state, test.want, leaks(f, nil, snapshot.Names{}))
			}
		})
	}
}

// named gives the spans of a site a name.
func named(name string) func(*snapshot.FollowedSite) {
	return func(s *snapshot.FollowedSite) { s.SpanName = name }
}

// TestNamesAtOnePlace has a line of instrumentation that starts spans of several names.
func TestNamesAtOnePlace(t *testing.T) {
	watch := site(3, named("Watch"), heldFor(40, 2*time.Minute))
	short := site(900, named("Get"))
	for _, test := range []struct {
		name  string
		sites []snapshot.FollowedSite
		ended snapshot.Names
		state state
		rows  []string // names, and if they are long-lived or leak
	}{
		{"streams beside short calls", []snapshot.FollowedSite{short, watch}, snapshot.Names{}, absent, []string{"Watch grows", "Get"}},
		{"streams that last", []snapshot.FollowedSite{short, site(3, named("Watch"), heldFor(40, 20*time.Minute), lastStart(19*time.Minute))}, snapshot.Names{},
			absent, []string{"Watch long-lived", "Get"}},
		{"streams that come and go, those open when otwatch attached first", []snapshot.FollowedSite{short, site(3, named("Watch"), heldFor(40, 20*time.Minute))},
			snapshot.Names{List: []snapshot.Name{{Name: "Watch", Spans: 30}}}, absent, []string{"Watch long-lived", "Get"}},
		{"streams whose handlers run", []snapshot.FollowedSite{short, site(3, named("Watch"), running(40, 20*time.Minute))}, snapshot.Names{},
			absent, []string{"Watch long-lived", "Get"}},
		{"ever more", []snapshot.FollowedSite{short, site(3, named("Watch"), heldFor(40, 20*time.Minute))}, snapshot.Names{}, present, []string{"Watch leaks", "Get"}},
		{"two names of which some end", []snapshot.FollowedSite{short, site(100, named("Put"), reused(9))}, snapshot.Names{}, present, []string{"Put leaks", "Get"}},
		{"each name has too few to tell", []snapshot.FollowedSite{site(450, named("Get"), reused(3)), site(450, named("Put"), reused(3))}, snapshot.Names{},
			present, []string{" leaks"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := leaks(snapshot.Following{Sites: test.sites, ReusedAfter: 2, Kept: 900}, nil, test.ended)
			var rows []string
			for _, l := range found {
				row := l.SpanName
				if l.leaks() {
					row += " leaks"
				} else if l.LongLived {
					row += " long-lived"
				} else if l.OldestSeconds > 20 {
					row += " grows"
				}
				rows = append(rows, row)
			}
			if !slices.Equal(rows, test.rows) {
				t.Errorf("%q, want %q", rows, test.rows)
			}
			if got := judgeSpanLeak(facts{wholeWatch: wholeWatch{leaks: found}}); got.state != test.state {
				t.Errorf("state %v, want %v", got.state, test.state)
			}
		})
	}
}

// TestRunningSpansEnd in the figures, however old they are.
func TestRunningSpansEnd(t *testing.T) {
	l := leaks(snapshot.Following{Sites: []snapshot.FollowedSite{site(990, running(10, time.Minute))}, ReusedAfter: 2, Kept: 900}, nil, snapshot.Names{})[0]
	if l.NeverEnded.Value != 0 || l.HeldOpen.Value != 0 || l.Running != 10 {
		t.Errorf("never ended %+v, held %+v, running %d", l.NeverEnded, l.HeldOpen, l.Running)
	}
}

// TestHelperIsNamedWithItsCaller has one line that starts all spans, for two callers.
func TestHelperIsNamedWithItsCaller(t *testing.T) {
	by := func(caller string) func(*snapshot.FollowedSite) {
		return func(s *snapshot.FollowedSite) {
			s.Caller = snapshot.Frame{Function: caller, File: "main.go", Line: 7}
		}
	}
	found := leaks(snapshot.Following{Sites: []snapshot.FollowedSite{site(900, by("main.good")), site(900, reused(9), by("main.bad"))}}, nil, snapshot.Names{})
	if want := "main.handle (main.go:42), called by main.bad (main.go:7)"; found[0].name() != want {
		t.Errorf("%s, want %s", found[0].name(), want)
	}
	if alone := leaks(snapshot.Following{Sites: []snapshot.FollowedSite{site(900, by("main.good"))}}, nil, snapshot.Names{}); alone[0].name() != "main.handle (main.go:42)" {
		t.Errorf("alone: %s", alone[0].name())
	}
}

// TestLeakOfALibrary names the module with its version and the program's own code, and advises
// what the program's code can do.
func TestLeakOfALibrary(t *testing.T) {
	const cache = "/root/go/pkg/mod/"
	in := func(function, file string, own snapshot.Frame) leak {
		return leaks(snapshot.Following{Sites: []snapshot.FollowedSite{site(900, reused(9), func(s *snapshot.FollowedSite) {
			s.Site, s.Own = snapshot.Frame{Function: function, File: file, Line: 7}, own
		})}}, nil, snapshot.Names{})[0]
	}
	own := snapshot.Frame{Function: "main.fetch", File: "main.go", Line: 42}
	for _, test := range []struct{ function, file, name, cure string }{
		{contribPrefix + "net/http/httptrace/otelhttptrace.(*clientTracer).start", cache + contribPrefix + "net/http/httptrace/otelhttptrace@v0.46.1/clienttrace.go",
			"otelhttptrace.(*clientTracer).start (" + contribPrefix + "net/http/httptrace/otelhttptrace@v0.46.1/clienttrace.go:7), called by main.fetch (main.go:42)",
			"read response bodies to the end"},
		{contribPrefix + "google.golang.org/grpc/otelgrpc.(*serverHandler).TagRPC", cache + contribPrefix + "google.golang.org/grpc/otelgrpc@v0.62.0/stats_handler.go", "otelgrpc@v0.62.0/stats_handler.go:7", "remove WithFilter"},
		{"example.org/sql.(*Tx).Begin", cache + "example.org/sql@v1.2.3/tx.go", "(example.org/sql@v1.2.3/tx.go:7), called by main.fetch (main.go:42)", "upgrade example.org/sql@v1.2.3"},
		{"main.handle", "handle.go", "main.handle (handle.go:7), called by main.fetch (main.go:42)", "defer span.End()"},
	} {
		l := in(test.function, test.file, own)
		if !strings.Contains(l.name(), test.name) || !strings.Contains(l.cure(), test.cure) {
			t.Errorf("%s: %q, want %q; %q, want %q", test.function, l.name(), test.name, l.cure(), test.cure)
		}
	}
}

// TestLeakNamesItsSpans has the names of the spans that did not end.
func TestLeakNamesItsSpans(t *testing.T) {
	found := leaks(snapshot.Following{Sites: []snapshot.FollowedSite{site(900, reused(9), func(s *snapshot.FollowedSite) {
		s.OpenNames = []string{"http.receive", "GET /watch"}
	})}}, nil, snapshot.Names{})
	if got, want := titleOf(found[0], 1), "are never ended; not ended are: http.receive, GET /watch"; !strings.HasSuffix(got, want) {
		t.Errorf("%q, want %q at its end", got, want)
	}
}

// TestNeverEndedOfAll sums sites by the share of spans that they start.
func TestNeverEndedOfAll(t *testing.T) {
	at := func(of, share float64) report.Leak {
		return report.Leak{OfSpans: of, Followed: 100, NeverEnded: estimate.Around(share, share/2, 100)}
	}
	unknown := report.Leak{OfSpans: 0.2, Followed: 5}
	if got := (report.Report{Leaks: []report.Leak{at(0.8, 0.1), unknown}}).NeverEnded(); got != nil {
		t.Errorf("%+v, where a fifth is not known", *got)
	}
	got := (report.Report{Leaks: []report.Leak{at(0.75, 0.1), at(0.25, 0.02)}}).NeverEnded()
	if want := 0.075 + 0.005; got == nil || math.Abs(got.Value-want) > 1e-9 || got.N != 200 {
		t.Fatalf("%+v, want %v of 200", got, want)
	}
	if want := 0.08 - math.Hypot(0.0375, 0.0025); math.Abs(got.Low-want) > 1e-9 {
		t.Errorf("at least %v, want %v", got.Low, want)
	}
	if got := (report.Report{}).NeverEnded(); got != nil {
		t.Errorf("%+v of nothing", *got)
	}
}

// leaky starts 1,000 spans at two sites, one of which leaks 2 % of its own.
func leaky(s *snapshot.Snapshot) {
	s.Counts = append(s.Counts, snapshot.Count{Probe: "start", Calls: 1000, Whole: true}, snapshot.Count{Probe: "recording", Calls: 1000, Whole: true},
		snapshot.Count{Probe: "end", Calls: 990, Whole: true})
	s.Following = snapshot.Following{ReusedAfter: 2, Kept: 900, Sites: []snapshot.FollowedSite{
		site(900), site(980, heldFor(20, time.Minute), func(s *snapshot.FollowedSite) { s.Site.Function = "main.leak" }),
	}}
}

// TestHowBadALeakIs tests the boundaries of critical: a tenth of all spans, or of a large
// heap.
func TestHowBadALeakIs(t *testing.T) {
	for _, test := range []struct {
		name         string
		never, bytes float64
		live         uint64
		critical     bool
	}{
		{"a tenth of all spans", 0.1, 0, 0, true},
		{"less, and the heap is not known", 0.09, 1e9, 0, false},
		{"a tenth of the heap, of 10 MB", 0.01, 10e6, 100e6, true},
		{"a tenth of a small heap", 0.01, 9e6, 90e6, false},
		{"less of a large heap", 0.01, 90e6, 1e9, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := leak{Leak: report.Leak{OfSpans: 1, NeverEnded: &estimate.Estimate{Value: test.never}, HeldBytes: &estimate.Estimate{Value: test.bytes}}}
			s := facts{lately: snapshot.Snapshot{Heap: snapshot.Heap{Live: test.live}}}
			if got := s.leaksBadly([]leak{l}); got != test.critical {
				t.Errorf("critical: %v", got)
			}
		})
	}
}

// TestAbandonedThatLookHeld do not prove that something holds spans.
func TestAbandonedThatLookHeld(t *testing.T) {
	l := leaks(snapshot.Following{Sites: []snapshot.FollowedSite{site(800, reused(200), heldFor(1, time.Minute))}}, nil, snapshot.Names{})[0]
	if l.HeldOpen.Value == 0 || l.HeldOpen.Low != 0 || l.holds() {
		t.Errorf("held %+v, claimed: %v", l.HeldOpen, l.holds())
	}
}

// TestSpanLeakInAReport goes from Snapshots to the Report.
func TestSpanLeakInAReport(t *testing.T) {
	r := judged(report.Limits{}, steadily(leaky)...)
	if got := active(r); len(got) != 1 || got[0] != "warning span-leak" {
		t.Fatalf("findings %q", got)
	}
	f := r.Findings[0]
	if !strings.Contains(f.Title, "2 % of the spans started at main.leak (main.go:42)") || !strings.Contains(f.Title, "the oldest for 60 s") {
		t.Errorf("title %q", f.Title)
	}
	// Of 10,000 spans, 1,000 of 1,900 are of that site, and 2 % of these are held.
	if got := f.Evidence["held_spans"]; got < 104 || got > 106 {
		t.Errorf("held_spans %v, want 105", got)
	}
	if got := f.Evidence["held_bytes"]; got < 104*600 || got > 106*600 {
		t.Errorf("held_bytes %v, want 105 × 600", got)
	}
	if len(r.Leaks) != 2 || r.Leaks[0].Function != "main.leak" || r.Leaks[0].NeverEnded.Value < 0.0199 {
		t.Errorf("leaks %+v", r.Leaks)
	}
}

// TestAbandoningStops has a site that abandons 5 % of its spans for a minute, and then none.
// The finding clears within three intervals if enough spans are followed, and later if few
// are. It stays if a tenth of the spans is still abandoned.
func TestAbandoningStops(t *testing.T) {
	const leakingFor = 60
	for _, test := range []struct {
		name     string
		followed uint64                       // each interval
		held     uint64                       // for a minute, from the start
		then     func(*snapshot.FollowedSite) // what the cured program adds each interval
		clears   int                          // intervals after its cause ended; 0: not within 30
	}{
		{"followed often", 400, 0, nothing, 2},
		{"followed rarely", 40, 0, nothing, 7},
		{"as many look held as of the ended", 400, 12, nothing, 2},
		{"more do", 400, 60, nothing, 0},
		{"one in 400 is abandoned yet", 400, 0, reused(1), 0},
		{"one is lost sight of each time", 400, 0, lost(1, 1), 0},
		{"some are open each time", 400, 0, func(s *snapshot.FollowedSite) { s.Open[snapshot.AgeBin(time.Second/2)] = 3 }, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			j, s := watch(report.Limits{}), site(0, heldFor(test.held, time.Minute))
			for i := range leakingFor + 30 {
				s.Ended[0] += test.followed
				s.Followed += test.followed
				if i < leakingFor {
					reused(test.followed / 20)(&s)
				} else {
					test.then(&s)
				}
				s.Weight = s.Followed
				j.Add(second(i, func(into *snapshot.Snapshot) {
					into.Following = snapshot.Following{Sites: []snapshot.FollowedSite{s}, ReusedAfter: 2, Controls: 1000, Lingering: 10}
				}))
				found := len(active(j.Complete(report.Report{}))) > 0
				if after := i + 1 - leakingFor; after >= 0 && found != (test.clears == 0 || after < test.clears) {
					t.Fatalf("%d intervals after: found %v", after, found)
				}
			}
			if l := j.leaks[0]; l.Abandoned.Value < 0.02 {
				t.Errorf("the figure is %+v: it must stay", *l.Abandoned)
			}
		})
	}
}

func nothing(*snapshot.FollowedSite) {}
