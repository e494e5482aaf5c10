package analyzer

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

func reading(queue, batch uint64, dropped uint32) snapshot.Reading {
	return snapshot.Reading{Queue: queue, Batch: batch, Dropped: dropped}
}

// TestEndedByConservation checks that what ended is what was exported, failed,
// went unseen or was dropped, and what is held more than before.
func TestEndedByConservation(t *testing.T) {
	var none snapshot.Reading
	one := func(before, after snapshot.Reading, exported uint64) []snapshot.Processor {
		return []snapshot.Processor{testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, before, after, exported)}
	}
	with := func(p []snapshot.Processor, change func(*snapshot.Processor)) []snapshot.Processor {
		change(&p[0])
		return p
	}
	tests := []struct {
		name       string
		processors []snapshot.Processor
		lost       uint64
		over       bool // the process has ended
		want       *estimate.Estimate
	}{
		{"nothing happened", one(none, none, 0), 0, false, estimate.Counted(0)},
		{"all exported", one(none, none, 100), 0, false, estimate.Counted(100)},
		{"some failed", with(one(none, none, 100), func(p *snapshot.Processor) { p.Failed = 23 }), 0, false, estimate.Counted(123)},
		{"some unseen", with(one(none, none, 100), func(p *snapshot.Processor) { p.Unseen = 23 }), 0, false, estimate.Counted(123)},
		{"some dropped", one(reading(0, 0, 7), reading(0, 0, 30), 100), 0, false, estimate.Counted(123)},
		{"the drop counter wraps", one(reading(0, 0, 1<<32-3), reading(0, 0, 20), 100), 0, false, estimate.Counted(123)},
		{"more in the queue", one(reading(1, 0, 0), reading(24, 0, 0), 100), 0, false, estimate.Counted(123)},
		{"more in the batch", one(reading(0, 2, 0), reading(0, 25, 0), 100), 0, false, estimate.Counted(123)},
		{"from the queue to the batch", one(reading(50, 10, 0), reading(10, 50, 0), 100), 0, false, estimate.Counted(100)},
		{"less held", one(reading(50, 30, 0), reading(3, 0, 0), 100), 0, false, estimate.Counted(23)},
		{"less held than was exported, by readings that disagree", one(reading(80, 0, 0), none, 23), 0, false, estimate.Counted(0)},

		{"one provider hands its spans to both", []snapshot.Processor{
			testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, none, none, 100),
			testsnapshot.Processor(testsnapshot.ProcessorB, testsnapshot.ProcessorA, none, reading(5, 0, 3), 92),
		}, 0, false, estimate.Counted(100)},
		{"one provider, the second was seen for longer", []snapshot.Processor{
			testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, none, none, 100),
			testsnapshot.Processor(testsnapshot.ProcessorB, testsnapshot.ProcessorA, none, none, 123),
		}, 0, false, estimate.Counted(123)},
		{"two providers have their own", []snapshot.Processor{
			testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, none, none, 100),
			testsnapshot.Processor(testsnapshot.ProcessorB, testsnapshot.ProcessorB, none, reading(5, 0, 3), 92),
		}, 0, false, estimate.Counted(200)},

		{"on the way from the queue to the batch", one(snapshot.Reading{Slack: 1}, snapshot.Reading{Slack: 2}, 100), 0, false, estimate.GiveOrTake(100, 3)},
		{"a lost record is up to a batch", one(none, none, 1000), 2, false, estimate.GiveOrTake(1000, 2*testsnapshot.BatchSize)},
		{"more slack than spans", one(none, none, 100), 1, false, estimate.GiveOrTake(100, testsnapshot.BatchSize)},
		{"ended with an empty queue", one(reading(7, 0, 0), none, 100), 0, true, estimate.AtLeast(93, 10)},
		{"ended with a queue left", one(none, reading(23, 0, 0), 100), 0, true, estimate.AtLeast(123, 13)},
		{"ended with a batch left", one(none, reading(0, 23, 0), 100), 0, true, estimate.AtLeast(123, 13)},
		{"ended after a shutdown", shutDown(one(none, none, 100)), 0, true, estimate.Counted(100)},
		{"shut down without having sent all", shutDown(one(none, reading(23, 0, 0), 100)), 0, true, estimate.Counted(123)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := Analyze(snapshot.Snapshot{Elapsed: 10 * time.Second, Processors: test.processors, Probing: snapshot.Probing{Lost: test.lost}, Ended: test.over})
			if diff := cmp.Diff(test.want, r.Spans.Ended); diff != "" {
				t.Errorf("ended (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEndedOfOthers has processors that are not listed: what they exported in a window of
// 20 s ended within it, but for what waited for the schedule delay at its ends. What is
// exported is exact.
func TestEndedOfOthers(t *testing.T) {
	p := testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, snapshot.Reading{}, snapshot.Reading{}, 100)
	p.Settings.BatchTimeout = 5 * time.Second
	s := snapshot.Snapshot{
		Elapsed: 20 * time.Second, Processors: []snapshot.Processor{p}, Others: snapshot.Others{Processors: 7, Spans: 40},
		Exports: []snapshot.Exporter{{Exported: 100}, {Address: 1, Exported: 40}},
	}
	got := Analyze(s).Spans
	if diff := cmp.Diff(estimate.GiveOrTake(140, 10), got.Ended); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(estimate.Counted(140), got.Exported); diff != "" {
		t.Errorf("exported (-want +got):\n%s", diff)
	}
	s.Counts = []snapshot.Count{{Probe: "end", Calls: 80, Rates: snapshot.Rates{Windows: 10, Sum: 80, Squares: 640}}}
	if ended := Analyze(s).Spans.Ended; ended.Value != 160 || ended.Low < 130 {
		t.Errorf("ended %+v, want 160 by the windows, and 130 at least: what others hold is not read", *ended)
	}
}

// TestBlocked has a full queue that spans wait for: windows count their calls of End, and no
// processor has been handed them.
func TestBlocked(t *testing.T) {
	s := snapshot.Snapshot{Elapsed: 10 * time.Second}
	for probe, rate := range map[string]float64{"start": 1600, "end": 800} {
		s.Counts = append(s.Counts, snapshot.Count{Probe: probe, Calls: uint64(rate), Rates: snapshot.Rates{Windows: 10, Sum: 10 * rate, Squares: 10 * rate * rate}})
	}
	for _, test := range []struct {
		name           string
		blocking       bool
		queue          uint64
		started, ended float64
	}{
		{"a full queue that blocks", true, 2048, 16_000, 8000},
		{"a full queue that drops", false, 2048, 12_096, 6048},
		{"room in a queue that blocks", true, 2047, 12_094, 6047},
	} {
		p := testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, snapshot.Reading{}, reading(test.queue, 0, 0), 4000)
		p.Settings.MaxQueueSize, p.Settings.Blocking = 2048, test.blocking
		s.Processors = []snapshot.Processor{p}
		if got := Analyze(s).Spans; got.Started.Value != test.started || got.Ended.Value != test.ended {
			t.Errorf("%s: started %v, ended %v, want %v and %v", test.name, got.Started.Value, got.Ended.Value, test.started, test.ended)
		}
	}
}

// TestConservationHoldsAcrossIntervals checks that two intervals' spans add up
// to those of both.
func TestConservationHoldsAcrossIntervals(t *testing.T) {
	tests := []struct {
		name              string
		first, mid, after snapshot.Reading
	}{
		{"filling up", reading(0, 0, 0), reading(100, 7, 0), reading(2048, 512, 90)},
		{"running empty", reading(2048, 512, 3), reading(100, 7, 3), reading(0, 0, 3)},
		{"dropping past 2³²", reading(9, 0, 1<<32-50), reading(9, 0, 1<<32-1), reading(9, 0, 70)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			interval := func(before, after snapshot.Reading) snapshot.Snapshot {
				return snapshot.Snapshot{Processors: []snapshot.Processor{testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, before, after, 3000)}}
			}
			a, b := interval(test.first, test.mid), interval(test.mid, test.after)
			each := Analyze(a).Spans.Ended.Value + Analyze(b).Spans.Ended.Value
			if both := Analyze(a.Merge(b)).Spans.Ended.Value; both != each {
				t.Errorf("%v ended in both intervals, %v in each", both, each)
			}
		})
	}
}

// TestOutcomes checks what is said to have been exported, failed and dropped.
func TestOutcomes(t *testing.T) {
	tests := []struct {
		name                      string
		change                    func(*snapshot.Snapshot)
		exported, failed, dropped *estimate.Estimate
	}{
		{"counted", func(*snapshot.Snapshot) {}, estimate.Counted(270), estimate.Counted(30), estimate.Counted(5)},
		{"slack is no doubt about exports", func(s *snapshot.Snapshot) { s.Processors[0].After.Slack = 3 },
			estimate.Counted(270), estimate.Counted(30), estimate.Counted(5)},
		{"a lost record is up to a batch", func(s *snapshot.Snapshot) { s.Probing.Lost = 1 },
			estimate.AtLeast(270, testsnapshot.BatchSize), estimate.AtLeast(30, testsnapshot.BatchSize), estimate.Counted(5)},
		{"exports whose outcome is not known", func(s *snapshot.Snapshot) { s.Processors[1].Unseen = 7 },
			estimate.AtLeast(270, 7), estimate.AtLeast(30, 7), estimate.Counted(5)},
		{"without a processor one record is at least one span", func(s *snapshot.Snapshot) { s.Processors, s.Probing.Lost = nil, 3 },
			estimate.AtLeast(270, 3), estimate.AtLeast(30, 3), nil},
		{"an exporter discards its spans", func(s *snapshot.Snapshot) {
			s.Exports[0].Component = "go.opentelemetry.io/otel/sdk/trace/tracetest.NoopExporter"
		}, estimate.Counted(90), estimate.Counted(30), estimate.Counted(5)},
		{"exports are not counted", func(s *snapshot.Snapshot) { s.Missing = []snapshot.Missing{{What: "export", Why: "shut"}} },
			nil, nil, estimate.Counted(5)},
		{"a processor is in doubt", func(s *snapshot.Snapshot) { s.Missing = []snapshot.Missing{{What: "processors", Why: "garbage"}} },
			estimate.Counted(270), estimate.Counted(30), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := testsnapshot.Busy()
			test.change(&s)
			got := Analyze(s).Spans
			want := [...]*estimate.Estimate{test.exported, test.failed, test.dropped}
			if diff := cmp.Diff(want, [...]*estimate.Estimate{got.Exported, got.Failed, got.Dropped}); diff != "" {
				t.Errorf("exported, failed, dropped (-want +got):\n%s", diff)
			}
			if known := got.Exported != nil && got.Dropped != nil; (got.Ended != nil) != known {
				t.Errorf("ended %v where what it follows from is known: %v", got.Ended, known)
			}
		})
	}
}

func TestStarted(t *testing.T) {
	counts := func(starts, ends uint64, whole bool) []snapshot.Count {
		return []snapshot.Count{{Probe: "end", Calls: ends, Whole: whole}, {Probe: "start", Calls: starts, Whole: whole}}
	}
	ended := testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, snapshot.Reading{}, snapshot.Reading{}, 1000)
	tests := []struct {
		name       string
		counts     []snapshot.Count
		processors []snapshot.Processor
		want       *estimate.Estimate
	}{
		{"counted throughout", counts(1023, 1000, true), []snapshot.Processor{ended}, estimate.Counted(1023)},
		{"counted throughout, without a processor", counts(1023, 1000, true), nil, estimate.Counted(1023)},
		{"none, counted throughout", counts(0, 0, true), nil, estimate.Counted(0)},
		{"by the ratio in windows", counts(300, 200, false), []snapshot.Processor{ended}, estimate.Counted(1000).Scale(300, 200)},
		{"none started in windows", counts(0, 200, false), []snapshot.Processor{ended}, nil},
		{"none ended in windows", counts(300, 0, false), []snapshot.Processor{ended}, nil},
		{"windows, without a processor", counts(300, 200, false), nil, nil},
		{"ends are not counted", counts(300, 200, false)[1:], []snapshot.Processor{ended}, nil},
		{"starts are not counted", counts(300, 200, false)[:1], []snapshot.Processor{ended}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Analyze(snapshot.Snapshot{Counts: test.counts, Processors: test.processors}).Spans.Started
			if diff := cmp.Diff(test.want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestEndedThatNobodyTakes claims what windows counted where processors were handed less.
func TestEndedThatNobodyTakes(t *testing.T) {
	rate := func(probe string, calls uint64, rates ...float64) snapshot.Count {
		c := snapshot.Count{Probe: probe, Calls: calls}
		for _, r := range rates {
			c.Rates.Add(r)
		}
		return c
	}
	handed := func(n uint64) []snapshot.Processor {
		return []snapshot.Processor{testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, snapshot.Reading{}, snapshot.Reading{}, n)}
	}
	for _, test := range []struct {
		name           string
		counts         []snapshot.Count
		processors     []snapshot.Processor
		ended, started float64 // -1: not claimed
		exact          bool
	}{
		{"all taken", []snapshot.Count{rate("start", 300, 100, 100), rate("end", 300, 100, 100)}, handed(1000), 1000, 1000, true},
		{"none taken", []snapshot.Count{rate("start", 300, 100, 100), rate("end", 300, 100, 100)}, handed(0), 1000, 1000, false},
		{"some taken", []snapshot.Count{rate("start", 300, 100, 100), rate("end", 300, 100, 100), rate("span", 120, 40, 40)}, handed(400), 1000, 1000, false},
		{"all taken, in a load that has ended", []snapshot.Count{rate("start", 300, 100, 100), rate("end", 300, 100, 100), rate("span", 300, 100, 100)}, handed(500), 500, 500, true},
		{"none received in windows", []snapshot.Count{rate("start", 300, 100, 100), rate("end", 300, 100, 100), rate("span", 0, 0, 0)}, handed(400), 1000, 1000, false},
		{"none taken, one window", []snapshot.Count{rate("start", 300, 100), rate("end", 300, 100)}, handed(0), -1, -1, false},
		{"few more in a window under way", []snapshot.Count{rate("start", 20, 0), rate("end", 20, 0)}, handed(0), 0, 0, true},
		{"rates that tell nothing", []snapshot.Count{rate("start", 300, 0, 1000), rate("end", 300, 0, 1000)}, handed(1000), 1000, 1000, true},
		{"all counted", []snapshot.Count{{Probe: "start", Calls: 1000, Whole: true}, {Probe: "end", Calls: 900, Whole: true}}, handed(10), 900, 1000, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Analyze(snapshot.Snapshot{Elapsed: 10 * time.Second, Counts: test.counts, Processors: test.processors}).Spans
			claimed := func(e *estimate.Estimate) float64 {
				if e == nil {
					return -1
				}
				return e.Value
			}
			if claimed(got.Ended) != test.ended || claimed(got.Started) != test.started {
				t.Errorf("ended %+v, started %+v, want %v and %v", got.Ended, got.Started, test.ended, test.started)
			}
			if got.Ended != nil && got.Ended.Exact != test.exact {
				t.Errorf("ended %+v, want exact: %v", got.Ended, test.exact)
			}
		})
	}
}

// TestEndedWithRecordedOnly has spans that processors were not handed because they are recorded
// only: 60 of 100 in two windows, of which one saw twice as many.
func TestEndedWithRecordedOnly(t *testing.T) {
	var none snapshot.Reading
	counted := func(probe string, calls uint64, rates ...float64) snapshot.Count {
		c := snapshot.Count{Probe: probe, Calls: calls}
		for _, r := range rates {
			c.Rates.Add(r)
		}
		return c
	}
	s := snapshot.Snapshot{
		Elapsed:    40 * time.Second,
		Processors: []snapshot.Processor{testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, none, none, 1000)},
		Counts: []snapshot.Count{
			counted("start", 200, 33, 67), counted("end", 200, 33, 67), counted("span", 200, 33, 67), counted("unsampled", 120, 20, 40),
		},
	}
	custom := s
	custom.Counts = append(slices.Clone(s.Counts), counted("custom-processor", 200, 33, 67))
	none40 := s
	none40.Counts = slices.Clone(s.Counts)
	none40.Counts[3] = counted("unsampled", 0, 0, 0)
	tests := []struct {
		name      string
		s         snapshot.Snapshot
		ended     float64
		low, high float64 // what the interval must contain
		exact     bool
	}{
		{"handed to the SDK's processor", s, 2500, 2000, 2600, false},
		{"handed on by one of the program's own", custom, 2000, 1900, 2100, false},
		{"all are sampled", none40, 1000, 1000, 1000, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := Analyze(test.s).Spans.Ended
			if e == nil || e.Value != test.ended || e.Exact != test.exact || e.Low > test.low || e.High < test.high {
				t.Errorf("ended %+v, want %v", e, test)
			}
		})
	}
	if r := Analyze(s).Spans.RecordedOnly; r == nil || math.Abs(r.Value-1500) > 1 || r.Low > 1450 || r.High < 1550 {
		t.Errorf("recorded only: %+v, want 1500", r)
	}
}
