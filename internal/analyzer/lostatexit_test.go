package analyzer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// shutDown is the processors after a call of Shutdown.
func shutDown(processors []snapshot.Processor) []snapshot.Processor {
	for i := range processors {
		processors[i].Shutdowns.Add(time.Second, false)
	}
	return processors
}

func TestLostAtExit(t *testing.T) {
	holding := func(queue, batch uint64) snapshot.Processor {
		return testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, snapshot.Reading{}, snapshot.Reading{Queue: queue, Batch: batch}, 100)
	}
	moving := holding(0, 0) // it was read while spans moved
	moving.Exported, moving.Before = 0, snapshot.Reading{Batch: 5}
	second := holding(5, 0)
	earlier := holding(23, 7)
	earlier.Unread = 400 * time.Millisecond
	longAgo := holding(23, 7)
	longAgo.Unread = 2 * time.Second
	second.Address = testsnapshot.ProcessorB
	for _, test := range []struct {
		name       string
		processors []snapshot.Processor
		inflight   uint64
		runs       bool
		want       *estimate.Estimate
	}{
		{"still running", []snapshot.Processor{holding(23, 7)}, 0, true, estimate.Counted(0)},
		{"never shut down", []snapshot.Processor{holding(23, 7)}, 0, false, &estimate.Estimate{Value: 30, Low: 30, High: 43, N: 30}},
		{"while exporting", []snapshot.Processor{holding(23, 7)}, 7, false, &estimate.Estimate{Value: 30, Low: 23, High: 43, N: 30}},
		{"read some time before", []snapshot.Processor{earlier}, 0, false, &estimate.Estimate{Value: 36, Low: 30, High: 43, N: 30}},
		{"read long before", []snapshot.Processor{longAgo}, 0, false, &estimate.Estimate{Value: 56, Low: 30, High: 56, N: 30}},
		{"shut down", shutDown([]snapshot.Processor{holding(0, 0)}), 0, false, estimate.Counted(0)},
		{"shut down too late", shutDown([]snapshot.Processor{holding(23, 0)}), 0, false, estimate.Counted(23)},
		{"handed fewer than none", []snapshot.Processor{moving}, 0, false, estimate.Counted(0)},
		{"two processors of one provider", shutDown([]snapshot.Processor{holding(23, 0), second}), 0, false, estimate.Counted(23)},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := snapshot.Snapshot{Elapsed: 10 * time.Second, Processors: test.processors, Ended: !test.runs, Exports: []snapshot.Exporter{{Inflight: test.inflight}}}
			if diff := cmp.Diff(test.want, Analyze(s).Spans.LostAtExit); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestLostAtExitCounted: where every call was counted by which the only processor was handed
// spans, nothing is unknown that came after its last reading.
func TestLostAtExitCounted(t *testing.T) {
	s := snapshot.Snapshot{
		Elapsed: 300 * time.Millisecond, Ended: true, FromStart: true,
		Processors: []snapshot.Processor{testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, snapshot.Reading{}, snapshot.Reading{Batch: 22}, 100)},
		Counts: []snapshot.Count{
			{Probe: "start", Calls: 126, Whole: true}, {Probe: "end", Calls: 123, Whole: true}, {Probe: "span", Calls: 123, Whole: true},
		},
	}
	for figure, test := range map[string]struct{ got, want *estimate.Estimate }{
		"lost at exit": {Analyze(s).Spans.LostAtExit, &estimate.Estimate{Value: 23, Low: 23, High: 23, N: 22, Exact: true}},
		"ended":        {Analyze(s).Spans.Ended, estimate.Counted(123)},
		"live":         {Analyze(s).Spans.Live, estimate.Counted(3)},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", figure, diff)
		}
	}
	s.FromStart = false // spans may have been open before
	if got := Analyze(s).Spans.Live; got != nil {
		t.Errorf("live: %+v of a process that was attached to later", got)
	}
	if got := Analyze(s).Spans.LostAtExit; got.Exact {
		t.Errorf("lost at exit: %+v of a process that was attached to later", got)
	}
}

// TestStartedFromStart: every span that ended was started, if the process was watched from its
// start.
func TestStartedFromStart(t *testing.T) {
	s := snapshot.Snapshot{
		Elapsed: time.Second, FromStart: true,
		Processors: []snapshot.Processor{testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, snapshot.Reading{}, snapshot.Reading{}, 1000)},
		Counts:     []snapshot.Count{{Probe: "start", Calls: 90}, {Probe: "end", Calls: 90}},
	}
	if got := Analyze(s).Spans.Started; got == nil || got.Low != 1000 || got.Exact {
		t.Errorf("started: %+v, want an estimate of at least 1,000", got)
	}
}
