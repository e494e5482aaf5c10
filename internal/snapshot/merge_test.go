package snapshot

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	exporterA, exporterB   = 0xa000, 0xb000
	processorA, processorB = 0xa100, 0xb100
)

var start = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// three are intervals of one target that follow each other. The second exporter
// and processor appear in the second, which also closes a probe for a while.
func three() [3]Snapshot {
	target := Target{PID: 4711, StartTicks: 99, ServiceName: "checkout"}
	return [3]Snapshot{
		{
			Target: target, Start: start, Elapsed: time.Second,
			Counts:     []Count{{"start", 100, true, Rates{}}, {"retry", 1, true, Rates{}}},
			Exports:    []Exporter{exporterOf(exporterA, 20*time.Millisecond, 10)},
			Processors: []Processor{processorOf(processorA, Reading{Queue: 3, Dropped: 7}, Reading{Queue: 5, Dropped: 7}, 40, 10)},
			Samples:    Samples{Hz: 99, Lost: 1, Stacks: []Stack{named(3, "a", "b")}},
			Process:    Process{CPU: time.Second, System: time.Millisecond, RSS: 100},
			Probing:    Probing{Hits: 10, Windows: 1, Lost: 1, TargetCPU: 5, AgentCPU: 7, AgentRSS: 30, Budget: 0.01},
		},
		{
			Target: target, Start: start.Add(time.Second), Elapsed: 2 * time.Second,
			Counts:  []Count{{"start", 50, false, Rates{1, 50, 2500}}, {"retry", 0, true, Rates{}}},
			Exports: []Exporter{exporterOf(exporterA, 40*time.Millisecond, 20), exporterOf(exporterB, time.Millisecond, 5)},
			Processors: []Processor{
				processorOf(processorA, Reading{Queue: 5, Dropped: 7}, Reading{Queue: 1, Batch: 2, Dropped: 9}, 8, 20),
				processorOf(processorB, Reading{}, Reading{Batch: 4}, 4, 5),
			},
			Samples: Samples{Hz: 199, SetAside: 4, Stacks: []Stack{named(1, "b"), named(2, "a", "b")}},
			Process: Process{CPU: 3 * time.Second, System: 2 * time.Millisecond, RSS: 300},
			Probing: Probing{Hits: 20, Windows: 2, Unmatched: 1, Undrawn: 3, TargetCPU: 6, AgentCPU: 8, AgentRSS: 31, Budget: 0.01},
			Missing: []Missing{{"spans.started", "the budget"}},
			Gaps:    []Missing{{"export", "the budget"}},
		},
		{
			Target: target, Start: start.Add(3 * time.Second), Elapsed: time.Second, Ended: true,
			Counts:  []Count{{"start", 25, false, Rates{2, 40, 1000}}, {"retry", 2, true, Rates{}}},
			Exports: []Exporter{exporterOf(exporterA, 10*time.Millisecond, 7), {Address: exporterB, Component: "zipkin_http_span_exporter", Inflight: 6}},
			Processors: []Processor{
				processorOf(processorA, Reading{Queue: 1, Batch: 2, Dropped: 9}, Reading{Queue: 9, Dropped: 11, Slack: 2}, 9, 7),
				processorOf(processorB, Reading{Batch: 4}, Reading{}, 1, 4),
			},
			Samples: Samples{Hz: 199, Stacks: []Stack{named(1, "c")}},
			Process: Process{CPU: time.Second, System: 4 * time.Millisecond, RSS: 200},
			Probing: Probing{Hits: 5, Lost: 2, Undrawn: 4, TargetCPU: 1, AgentCPU: 2, AgentRSS: 29, Budget: 0.01},
		},
	}
}

// exporterOf is an exporter that had one export.
func exporterOf(address uint64, d time.Duration, spans uint64) Exporter {
	return Exporter{
		Address: address, Operations: 1, Errors: spans % 2, Exported: spans - spans%2, Failed: spans % 2, Spans: spans, MaxBatch: spans,
		Latest: []Operation{{d, spans, spans % 2}}, Durations: histogram(d),
	}
}

func processorOf(address uint64, before, after Reading, peak, exported uint64) Processor {
	return Processor{
		Address: address, Provider: processorA, Settings: Settings{MaxQueueSize: 2048, MaxExportBatchSize: 512},
		Before: before, After: after, Peak: peak, Unseen: 1, Exported: exported, Failed: 2,
	}
}

// named is a Stack of functions of which no more is known.
func named(count uint64, functions ...string) Stack {
	var frames []*Frame
	for _, function := range functions {
		frames = append(frames, &Frame{Function: function})
	}
	return NewStack(count, frames...)
}

func TestMergeAddsUp(t *testing.T) {
	parts := three()
	a := exporterOf(exporterA, 20*time.Millisecond, 10)
	a.Operations, a.Errors, a.Exported, a.Failed, a.Spans, a.MaxBatch = 3, 1, 36, 1, 37, 20
	a.Latest = []Operation{{20 * time.Millisecond, 10, 0}, {40 * time.Millisecond, 20, 0}, {10 * time.Millisecond, 7, 1}}
	a.Durations = histogram(20*time.Millisecond, 40*time.Millisecond, 10*time.Millisecond)
	b := exporterOf(exporterB, time.Millisecond, 5)
	b.Component, b.Inflight = "zipkin_http_span_exporter", 6
	processor := processorOf(processorA, Reading{Queue: 3, Dropped: 9}, Reading{Queue: 9, Dropped: 11, Slack: 2}, 40, 37)
	processor.Earlier = 2
	processor.Unseen, processor.Failed = 3, 6
	late := processorOf(processorB, Reading{}, Reading{}, 4, 9)
	late.Unseen, late.Failed = 2, 4
	want := Snapshot{
		Target: parts[0].Target, Start: start, Elapsed: 4 * time.Second, Ended: true,
		Gaps:       []Missing{{"export", "the budget"}},
		Counts:     []Count{{"start", 175, false, Rates{3, 90, 3500}}, {"retry", 3, true, Rates{}}},
		Exports:    []Exporter{a, b},
		Processors: []Processor{processor, late},
		Samples:    Samples{Hz: 199, SetAside: 4, Lost: 1, Stacks: []Stack{named(5, "a", "b"), named(1, "b"), named(1, "c")}},
		Process:    Process{CPU: 5 * time.Second, System: 7 * time.Millisecond, RSS: 200},
		Probing:    Probing{Hits: 35, Windows: 3, Lost: 3, Unmatched: 1, Undrawn: 7, TargetCPU: 12, AgentCPU: 17, AgentRSS: 29, Budget: 0.01},
	}
	if diff := cmp.Diff(want, parts[0].Merge(parts[1]).Merge(parts[2])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMergeIsAssociative(t *testing.T) {
	all := three()
	tests := []struct {
		name    string
		a, b, c Snapshot
	}{
		{"in order", all[0], all[1], all[2]},
		{"what is seen last is there first", all[1], all[2], all[0]},
		{"nothing at first", Snapshot{}, all[0], all[1]},
		{"nothing in between", all[0], Snapshot{}, all[1]},
		{"nothing at the end", all[1], all[2], Snapshot{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			left, right := test.a.Merge(test.b).Merge(test.c), test.a.Merge(test.b.Merge(test.c))
			if diff := cmp.Diff(left, right); diff != "" {
				t.Errorf("(a·b)·c and a·(b·c) differ (-+):\n%s", diff)
			}
		})
	}
}

func TestMergeModifiesNeither(t *testing.T) {
	parts := three()
	first := parts[0].Merge(parts[1])
	first.Merge(parts[2])
	first.Merge(parts[1])
	if diff := cmp.Diff(three(), parts); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// TestMergeBoundsOperations keeps the most recent ones, and counts all.
func TestMergeBoundsOperations(t *testing.T) {
	tests := []struct {
		name         string
		first, next  int
		kept, oldest uint64 // the oldest kept, by its number
	}{
		{"as many as fit", MaxOperations - 1, 1, MaxOperations, 0},
		{"one too many", MaxOperations, 1, MaxOperations, 1},
		{"the second alone fills it", 5, MaxOperations, MaxOperations, 5},
		{"the second alone is too long", 5, MaxOperations + 3, MaxOperations, 8},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := mergeExporter(numbered(0, test.first), numbered(test.first, test.next))
			if n := uint64(len(got.Latest)); n != test.kept || got.Latest[0].Spans != test.oldest {
				t.Errorf("%d operations kept from number %d on, want %d from %d on", n, got.Latest[0].Spans, test.kept, test.oldest)
			}
			if want := uint64(test.first + test.next); got.Operations != want || got.Durations.Count != want {
				t.Errorf("%d operations and %d durations counted, want %d", got.Operations, got.Durations.Count, want)
			}
		})
	}
}

// numbered is an exporter that had n exports, each with its number for spans.
func numbered(from, n int) (e Exporter) {
	for i := range n {
		e.Latest = append(e.Latest, Operation{Spans: uint64(from + i)})
		e.Durations.Add(0)
		e.Operations++
	}
	return e
}

func TestWholeOnlyIfWholeInBoth(t *testing.T) {
	for _, test := range []struct {
		name        string
		first, next bool
		want        bool
	}{
		{"both", true, true, true},
		{"opened late", false, true, false},
		{"closed early", true, false, false},
		{"neither", false, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b := Snapshot{Counts: []Count{{Probe: "start", Whole: test.first}}}, Snapshot{Counts: []Count{{Probe: "start", Whole: test.next}}}
			if got := a.Merge(b).Counts[0].Whole; got != test.want {
				t.Errorf("whole = %v, want %v", got, test.want)
			}
		})
	}
}

// TestLiveHeapIsOfTheLastCollection, which the later interval may be without.
func TestLiveHeapIsOfTheLastCollection(t *testing.T) {
	some, none := Snapshot{Heap: Heap{Cycles: 2, Live: 100}}, Snapshot{}
	if got := some.Merge(none).Heap.Live; got != 100 {
		t.Errorf("%d bytes are live after an interval without a collection, want 100", got)
	}
}

// TestDropsAddUpOverWraps takes more drops than the SDK's counter can hold.
func TestDropsAddUpOverWraps(t *testing.T) {
	interval := func(from, to uint32) Snapshot {
		return Snapshot{Processors: []Processor{{Before: Reading{Dropped: from}, After: Reading{Dropped: to}}}}
	}
	one, two, three := interval(0, 3<<30), interval(3<<30, 2<<30), interval(2<<30, 2<<30+5)
	const want = 3<<30 + 3<<30 + 5
	for name, merged := range map[string]Snapshot{
		"from the left":  one.Merge(two).Merge(three),
		"from the right": one.Merge(two.Merge(three)),
	} {
		if got := merged.Processors[0].Dropped(); got != want {
			t.Errorf("%s: %d dropped, want %d", name, got, want)
		}
	}
}

func TestMergeOfCalls(t *testing.T) {
	var a, b Calls
	a.Add(3, false)
	b.Add(1, true)
	b.Add(2, false)
	pipeline := func(c Calls, records, largest uint64) Snapshot {
		return Snapshot{
			Pipelines:  []Pipeline{{Signal: Logs, Calls: c, Records: records, Largest: largest}},
			Processors: []Processor{{Address: processorA, Simple: true, Shutdowns: c}},
			Exports:    []Exporter{{Address: exporterA, Retries: records, Backoff: time.Second}},
		}
	}
	got := pipeline(a, 10, 10).Merge(pipeline(b, 7, 5))
	both := Calls{Count: 3, Errors: 1, Longest: 3, Durations: []time.Duration{3, 1, 2}}
	if diff := cmp.Diff([]Pipeline{{Signal: Logs, Calls: both, Records: 17, Largest: 10}}, got.Pipelines); diff != "" {
		t.Errorf("pipelines (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Processor{{Address: processorA, Simple: true, Shutdowns: both}}, got.Processors); diff != "" {
		t.Errorf("processors (-want +got):\n%s", diff)
	}
	if e := got.Exports[0]; e.Retries != 17 || e.Backoff != 2*time.Second {
		t.Errorf("exporter %+v", e)
	}
	if a.Count != 1 || len(a.Durations) != 1 {
		t.Errorf("the first was modified: %+v", a)
	}
	for range 2 * MaxCalls {
		a.Add(1, false)
	}
	if len(a.Durations) != MaxCalls || a.Count != 2*MaxCalls+1 || a.Longest != 3 {
		t.Errorf("%d of %d durations are kept, the longest %d", len(a.Durations), a.Count, a.Longest)
	}
}

// TestExportersShareTheOperations that are kept of a target, the latest of each.
func TestExportersShareTheOperations(t *testing.T) {
	var total Total
	const exporters = 64
	for round := range 3 {
		for e := range uint64(exporters) {
			total.Add(Snapshot{Exports: []Exporter{{Address: e, Latest: numbered(round*MaxOperations, MaxOperations).Latest}}})
		}
	}
	for _, e := range total.Snapshot().Exports {
		if last := e.Latest[len(e.Latest)-1].Spans; len(e.Latest) != MaxOperations/exporters || last != 3*MaxOperations-1 {
			t.Errorf("exporter %d: %d operations up to %d, want %d up to %d", e.Address, len(e.Latest), last, MaxOperations/exporters, 3*MaxOperations-1)
		}
	}
}

func TestTotalIsMergeOneByOne(t *testing.T) {
	parts := make([]Snapshot, 5)
	for i := range parts {
		n := uint64(i + 1)
		parts[i] = Snapshot{
			Elapsed: time.Duration(n), Counts: []Count{{Probe: "start", Calls: n}},
			Exports: []Exporter{numbered(i*MaxOperations/3, MaxOperations/3), {Address: 1 + n/2, Spans: n}},
			Samples: Samples{Hz: 99, SetAside: n, Lost: 1, Stacks: []Stack{
				NewStack(n, &Frame{Function: "always"}), NewStack(1, &Frame{Function: "at", Line: i / 2}),
			}},
		}
	}
	for n := 1; n <= len(parts); n++ {
		want := parts[0]
		for _, part := range parts[1:n] {
			want = want.Merge(part)
		}
		if diff := cmp.Diff(want, mergeAll(parts[:n])); diff != "" {
			t.Errorf("%d parts (-one by one +all):\n%s", n, diff)
		}
	}
	if parts[0].Samples.Stacks[0].Count != 1 || parts[0].Exports[0].Latest == nil {
		t.Error("a part was modified")
	}
}

func mergeAll(parts []Snapshot) Snapshot {
	var total Total
	for _, part := range parts {
		total.Add(part)
	}
	return total.Snapshot()
}
