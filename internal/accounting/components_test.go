package accounting

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	queueSize = 2048
	batchSize = 512
	exporterA = 0xa000
	exporterB = 0xb000
)

// image is a processor's memory, laid out as in the SDK since v1.39.
func image(address, exporter, queue, batch uint64, dropped uint32) *memory.Image {
	i := &memory.Image{Address: address, QueueLen: queue, QueueCap: queueSize}
	i.Words[1], i.Words[2], i.Words[5], i.Words[8] = exporter, queueSize, batchSize, uint64(dropped)
	i.Words[10], i.Words[11], i.Words[12] = 0xc000, batch, batchSize
	return i
}

const component = "otlp_grpc_span_exporter"

// registry stands for the process's memory. The exporter of a simple span processor is at
// 16 times the processor's address.
type registry struct{ custom bool }

func (r registry) Examine(i memory.Image) memory.Processor {
	return memory.Processor{
		Address: i.Address, Settings: i.Settings(),
		Exporter: memory.Exporter{Address: i.ExporterAddress(), Component: component, Custom: r.custom},
	}
}

func (r registry) ExamineSimple(address uint64) memory.Processor {
	return memory.Processor{Address: address, Exporter: memory.Exporter{Address: 16 * address, Component: component, Custom: r.custom}}
}

func (registry) MetricExporter(reader uint64) string { return "otlp_grpc_metric_exporter" }

func (registry) LogExporter(wrapper uint64) string { return "otlp_http_log_exporter" }

func testComponents() *Components { return NewComponents(registry{}, at(0)) }

// at is a moment in milliseconds from the beginning of a test.
func at(ms uint64) uint64 { return 1_000_000_000 + ms*uint64(time.Millisecond) }

func export(fromMS, toMS, spans uint64, processor *memory.Image) probes.Call {
	return probes.Call{StartedNS: at(fromMS), EndedNS: at(toMS), Of: probes.Export, Receiver: exporterA, Length: spans, Processor: processor}
}

// handed is how many spans a processor was handed, by conservation.
func handed(p snapshot.Processor) int64 {
	return int64(p.Exported+p.Failed+p.Unseen) + int64(p.After.Dropped-p.Before.Dropped) +
		int64(p.After.Queue+p.After.Batch) - int64(p.Before.Queue+p.Before.Batch)
}

func TestSpansAreCountedByConservation(t *testing.T) {
	tests := []struct {
		name             string
		records          probes.Records
		handed           int64
		exported, failed uint64
		unseen           uint64
	}{
		{"an export of everything", probes.Records{
			Sightings: []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 0, 0, 0)}},
			Calls:     []probes.Call{export(10, 20, 100, image(1, exporterA, 7, 100, 0))},
		}, 107, 100, 0, 0},
		{"drops meanwhile", probes.Records{
			Sightings: []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 5, 3, 40)}},
			Calls:     []probes.Call{export(10, 20, 100, image(1, exporterA, 2048, 100, 90))},
		}, 100 + 50 + 2048 - 8, 100, 0, 0},
		{"the drop counter wraps", probes.Records{
			Sightings: []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 0, 0, 1<<32-2)}},
			Calls:     []probes.Call{export(10, 20, 100, image(1, exporterA, 0, 100, 3))},
		}, 105, 100, 0, 0},
		{"an export that had ended before the processor was seen", probes.Records{
			Sightings: []probes.Sighting{{SeenNS: at(30), Snapshot: 1, Processor: image(1, exporterA, 2, 0, 0)}},
			Calls:     []probes.Call{export(10, 20, 100, image(1, exporterA, 0, 100, 0))},
		}, 0, 0, 0, 0},
		{"an export under way when otwatch attached", probes.Records{
			Sightings: []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 10, 100, 0)}},
			Calls:     []probes.Call{{Of: probes.Export, EndedNS: at(20)}, export(30, 40, 60, image(1, exporterA, 0, 60, 0))},
		}, 50, 60, 0, 100},
		{"a failed export", probes.Records{
			Sightings: []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 0, 0, 0)}},
			Calls:     []probes.Call{{StartedNS: at(1), EndedNS: at(2), Of: probes.Export, Receiver: exporterA, Length: 9, Failed: true, Processor: image(1, exporterA, 0, 9, 0)}},
		}, 9, 0, 9, 0},
		{"a partial success", probes.Records{
			Sightings: []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 0, 0, 0)}},
			Calls: []probes.Call{{StartedNS: at(1), EndedNS: at(2), Of: probes.Export, Receiver: exporterA, Length: 9, Rejected: 4, Partial: true,
				Failed: true, Processor: image(1, exporterA, 0, 9, 0)}},
		}, 9, 5, 4, 0},
		{"a receiver that rejects fewer than none", probes.Records{
			Sightings: []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 0, 0, 0)}},
			Calls: []probes.Call{{StartedNS: at(1), EndedNS: at(2), Of: probes.Export, Receiver: exporterA, Length: 9, Rejected: ^uint64(0), Partial: true,
				Failed: true, Processor: image(1, exporterA, 0, 9, 0)}},
		}, 9, 9, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := testComponents()
			c.Record(test.records)
			processors := c.Take(nil, 0).Processors
			if len(processors) != 1 {
				t.Fatalf("%d processors", len(processors))
			}
			p := processors[0]
			if handed(p) != test.handed || p.Exported != test.exported || p.Failed != test.failed || p.Unseen != test.unseen {
				t.Errorf("handed %d, %+v; want %+v", handed(p), p, test)
			}
		})
	}
}

// TestFirstExport finds a processor by its first export. Long after the attach, all that it held
// has come since.
func TestFirstExport(t *testing.T) {
	first := export(30_000, 30_010, 100, image(1, exporterA, 7, 100, 40))
	for _, test := range []struct {
		name   string
		calls  []probes.Call
		handed int64
	}{
		{"long after the attach", []probes.Call{first}, 107},
		{"soon after the attach", []probes.Call{export(10, 20, 100, image(1, exporterA, 7, 100, 40))}, 0},
		{"after one that was under way at the attach", []probes.Call{{Of: probes.Export, EndedNS: at(29_000)}, first}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := testComponents()
			c.Record(probes.Records{Calls: test.calls})
			if p := c.Take(nil, at(31_000)).Processors; len(p) != 1 || handed(p[0]) != test.handed {
				t.Errorf("%+v; want %d", p, test.handed)
			}
		})
	}
}

// TestMemoryOfAnotherProcessor replaces a provider: its processor is shut down and collected,
// and the next one is built where it was.
func TestMemoryOfAnotherProcessor(t *testing.T) {
	c := testComponents()
	before := image(1, exporterA, 0, 0, 0)
	c.Record(probes.Records{
		Sightings: []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: before}},
		Calls:     []probes.Call{export(10, 20, 100, image(1, exporterA, 7, 100, 40)), export(30, 40, 7, image(1, exporterA, 0, 7, 40))},
	})
	next := export(60, 70, 50, image(1, exporterB, 3, 50, 2))
	next.Receiver = exporterB
	c.Record(probes.Records{Calls: []probes.Call{next}})
	c.Batches()[0].Look(*before, at(80), 1) // a reading that has come late
	processors := c.Take(nil, at(100)).Processors
	if len(processors) != 2 || len(c.Batches()) != 1 {
		t.Fatalf("%d processors, of which %d are alive", len(processors), len(c.Batches()))
	}
	for i, want := range []int64{100 + 7 + 40, 50 + 2 + 3} {
		if p := processors[i]; handed(p) != want || p.Exporter != []uint64{exporterA, exporterB}[i] {
			t.Errorf("processor %d was handed %d, %+v; want %d", i, handed(p), p, want)
		}
	}
	if processors[0].Address == processors[1].Address || processors[0].Provider == processors[1].Provider {
		t.Error("they cannot be told apart")
	}
}

// TestOperationsBelongToTheirProcessor ignores what an export without spans has left on a
// goroutine, but not an exporter within another.
func TestOperationsBelongToTheirProcessor(t *testing.T) {
	direct := image(1, exporterA, 0, 5, 0)
	stale := export(30, 40, 5, direct)
	stale.Receiver = exporterB
	wrapped := export(10, 20, 5, direct)
	wrapped.Receiver = exporterB
	tests := []struct {
		name       string
		operations []probes.Call
		exported   uint64
	}{
		{"its own exporter", []probes.Call{export(10, 20, 5, direct)}, 5},
		{"a stale entry", []probes.Call{export(10, 20, 5, direct), stale}, 5},
		{"a wrapped exporter", []probes.Call{wrapped, stale}, 10},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := testComponents()
			c.Record(probes.Records{
				Sightings: []probes.Sighting{{SeenNS: at(0), Processor: image(1, exporterA, 0, 0, 0)}},
				Calls:     test.operations,
			})
			interval := c.Take(nil, 0)
			processors, exporters := interval.Processors, interval.Exports
			if processors[0].Exported != test.exported {
				t.Errorf("exported %d, want %d", processors[0].Exported, test.exported)
			}
			var all uint64
			for _, e := range exporters {
				all += e.Exported
			}
			if want := uint64(5 * len(test.operations)); all != want {
				t.Errorf("all exporters exported %d, want %d", all, want)
			}
		})
	}
}

func TestProcessorsOfOneProviderShareSpans(t *testing.T) {
	c := testComponents()
	c.Record(probes.Records{Sightings: []probes.Sighting{
		{Goroutine: 9, Snapshot: 77, Processor: image(1, exporterA, 0, 0, 0)},
		{Goroutine: 9, Snapshot: 77, Processor: image(2, exporterB, 0, 0, 0)},
		{Goroutine: 9, Snapshot: 78, Processor: image(3, exporterB, 0, 0, 0)},
		{Goroutine: 8, Snapshot: 77, Processor: image(4, exporterB, 0, 0, 0)},
	}})
	processors := c.Take(nil, 0).Processors
	var providers []uint64
	for _, p := range processors {
		providers = append(providers, p.Provider)
	}
	if diff := cmp.Diff([]uint64{1, 1, 3, 4}, providers); diff != "" {
		t.Errorf("providers (-want +got):\n%s", diff)
	}
}

// TestABatchIsNotCountedTwice keeps the export's own reading if a later one may still
// have its spans.
func TestABatchIsNotCountedTwice(t *testing.T) {
	c := testComponents()
	c.Record(probes.Records{
		Sightings: []probes.Sighting{{SeenNS: at(0), Processor: image(1, exporterA, 0, 0, 0)}},
		Calls:     []probes.Call{export(10, 20, 100, image(1, exporterA, 4, 100, 0))},
	})
	p := c.batches[0]
	for _, test := range []struct {
		name      string
		batch     uint64
		fromMS    uint64
		ambiguous bool
	}{
		{"right after the return", 100, 21, true},
		{"while it returned", 100, 20, true},
		{"fewer spans than were exported", 99, 21, false},
		{"long after", 100, 25, false},
	} {
		if got := p.ambiguous(test.batch, at(test.fromMS), at(test.fromMS)+1000); got != test.ambiguous {
			t.Errorf("%s: ambiguous %v, want %v", test.name, got, test.ambiguous)
		}
	}
	p.observe(*image(1, exporterA, 4, 100, 0), at(21))
	c.End()
	processors := c.Take(nil, 0).Processors
	if got := handed(processors[0]); got != 104 {
		t.Errorf("handed %d, want 104", got)
	}
}

// TestSimpleProcessors were handed what they exported, as they have no queue.
func TestSimpleProcessors(t *testing.T) {
	const simple, itsExporter = 0x77, 0x770
	sighted := []probes.Sighting{{Goroutine: 9, Snapshot: 5, Address: simple, Simple: true}}
	call := probes.Call{Of: probes.Export, StartedNS: at(1), EndedNS: at(3), Receiver: itsExporter, Length: 1}
	failed := call
	failed.Failed = true
	for _, test := range []struct {
		name    string
		records []probes.Records
	}{
		{"seen before it exports", []probes.Records{{Sightings: sighted, Calls: []probes.Call{call, call, failed}}}},
		{"seen after", []probes.Records{{Calls: []probes.Call{call, call, failed}}, {Sightings: sighted}}},
		{"seen meanwhile", []probes.Records{{Calls: []probes.Call{call, failed}}, {Sightings: sighted, Calls: []probes.Call{call}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := testComponents()
			for _, records := range test.records {
				c.Record(records)
			}
			interval := c.Take(nil, 0)
			processors, exporters := interval.Processors, interval.Exports
			want := snapshot.Processor{Address: simple, Simple: true, Provider: simple, Exporter: itsExporter, Exported: 2, Failed: 1}
			if diff := cmp.Diff([]snapshot.Processor{want}, processors); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if e := exporters[0]; e.Component != component || e.Sync != 3 || e.Blocked != 6*time.Millisecond || e.Foreign != 0 {
				t.Errorf("exporter %+v", e)
			}
		})
	}
}

// TestUnknownProcessorsAreLookedFor less and less often.
func TestUnknownProcessorsAreLookedFor(t *testing.T) {
	c, looked := testComponents(), 0
	call := probes.Records{Calls: []probes.Call{{Of: probes.Export, StartedNS: at(1), EndedNS: at(3), Receiver: 0x770, Length: 1}}}
	for range 100 {
		if c.Record(call) {
			looked++
		}
	}
	if looked != 7 {
		t.Errorf("looked %d times, want 7", looked)
	}
	c.Record(probes.Records{Sightings: []probes.Sighting{{Address: 0x77, Simple: true}}})
	if c.Record(call) {
		t.Error("the processor is known by now")
	}
}

func TestSimpleAndBatchProcessorsShareAProvider(t *testing.T) {
	c := testComponents()
	c.Record(probes.Records{Sightings: []probes.Sighting{
		{Goroutine: 9, Snapshot: 77, Address: 1, Processor: image(1, exporterA, 0, 0, 0)},
		{Goroutine: 9, Snapshot: 77, Address: 2, Simple: true},
		{Goroutine: 9, Snapshot: 78, Address: 3, Simple: true},
	}})
	processors := c.Take(nil, 0).Processors
	if processors[1].Provider != 1 || processors[2].Provider != 3 {
		t.Errorf("providers %x and %x, want 1 and 3", processors[1].Provider, processors[2].Provider)
	}
}

// TestAnExporterThatHandsOn counts spans once if a program's own exporter passes them to
// another one later.
func TestAnExporterThatHandsOn(t *testing.T) {
	c := NewComponents(registry{custom: true}, at(0))
	later := probes.Call{Of: probes.Export, Goroutine: 8, StartedNS: at(30), EndedNS: at(40), Receiver: exporterB, Length: 100}
	c.Record(probes.Records{
		Sightings: []probes.Sighting{{SeenNS: at(0), Address: 1, Processor: image(1, exporterA, 0, 0, 0)}},
		Calls:     []probes.Call{export(10, 20, 100, image(1, exporterA, 0, 100, 0)), later},
	})
	exporters := c.Take(nil, 0).Exports
	if exporters[0].Exported != 100 || exporters[1].Exported != 0 || exporters[1].Foreign != 1 {
		t.Errorf("%+v, want 100 spans of the first and a call of the second", exporters)
	}
}

func TestOtherCalls(t *testing.T) {
	c := testComponents()
	call := func(of probes.Operation, receiver, length uint64, failed bool) probes.Call {
		c := probes.Call{Of: of, StartedNS: at(1), EndedNS: at(3), Receiver: receiver, Length: length, Failed: failed}
		if failed {
			c.Error.Text = "connection refused"
		}
		return c
	}
	c.Record(probes.Records{
		Sightings: []probes.Sighting{{SeenNS: at(0), Address: 1, Processor: image(1, exporterA, 0, 0, 0)}, {Address: 2, Simple: true}},
		Calls: []probes.Call{
			call(probes.Flush, 1, 0, false), call(probes.Flush, 1, 0, true), call(probes.Shutdown, 2, 0, false), call(probes.Shutdown, 99, 0, false),
			call(probes.Metrics, 5, 1<<60, true), call(probes.Logs, 6, 10, false), call(probes.Logs, 6, 30, false),
			{Of: probes.Logs, EndedNS: at(1)}, {Of: probes.Shutdown, EndedNS: at(1)},
			{Of: probes.Collect, StartedNS: at(1), EndedNS: at(2), Receiver: 5, Length: 7}, call(probes.Metrics, 5, 0, false),
			{Of: probes.Collect, StartedNS: at(1), EndedNS: at(2), Receiver: 5, Length: 9}, call(probes.Metrics, 5, 0, true),
			{Of: probes.Collect, StartedNS: at(1), EndedNS: at(2), Receiver: 5, Length: probes.Uncounted}, call(probes.Metrics, 5, 0, false),
			{Of: probes.Collect, EndedNS: at(2), Receiver: 5, Length: 3},
		},
	})
	interval := c.Take(nil, 0)
	processors := interval.Processors
	took, exporting := 2*time.Millisecond, time.Millisecond // the latter without the collection
	if diff := cmp.Diff(snapshot.Calls{Count: 2, Errors: 1, Longest: took, Durations: []time.Duration{took, took}}, processors[0].Flushes); diff != "" {
		t.Errorf("flushes (-want +got):\n%s", diff)
	}
	if processors[0].Shutdowns.Count != 0 || processors[1].Shutdowns.Count != 1 {
		t.Errorf("shutdowns %+v and %+v, want none and one", processors[0].Shutdowns, processors[1].Shutdowns)
	}
	want := []snapshot.Pipeline{
		{
			Signal: snapshot.Metrics, Calls: snapshot.Calls{Count: 4, Errors: 2, Longest: took, Durations: []time.Duration{took, exporting, exporting, exporting}},
			Records: 16, Failed: 9, Largest: 9, Unsized: 2,
			Reasons: []snapshot.Failure{{
				Alike: "connection refused", Text: "connection refused", Count: 2, First: time.Unix(0, int64(at(3))), Last: time.Unix(0, int64(at(3))),
			}},
			Exporters: []snapshot.SignalExporter{{
				Address: 5, Component: "otlp_grpc_metric_exporter", Exported: 7, Failed: 9, Unsized: 2,
				Durations: histogramOf(exporting, exporting), Failures: histogramOf(took, exporting), Collections: histogramOf(exporting, exporting, exporting),
			}},
		},
		{
			Signal: snapshot.Logs, Calls: snapshot.Calls{Count: 2, Longest: took, Durations: []time.Duration{took, took}},
			Records: 40, Largest: 30,
			Exporters: []snapshot.SignalExporter{{Address: 6, Component: "otlp_http_log_exporter", Exported: 40, Durations: histogramOf(took, took)}},
		},
	}
	if diff := cmp.Diff(want, interval.Pipelines); diff != "" {
		t.Errorf("pipelines (-want +got):\n%s", diff)
	}
	if interval.Unmatched != 2 {
		t.Errorf("unmatched %d, want 2", interval.Unmatched)
	}
}

// TestExportersOfSignals has two log processors, a metric reader whose collection fails, and
// exports under way.
func TestExportersOfSignals(t *testing.T) {
	c := testComponents()
	call := func(of probes.Operation, fromMS, toMS, receiver, length uint64, failed bool) probes.Call {
		return probes.Call{Of: of, StartedNS: at(fromMS), EndedNS: at(toMS), Receiver: receiver, Length: length, Failed: failed}
	}
	c.Record(probes.Records{Calls: []probes.Call{
		call(probes.Logs, 0, 1, 6, 3, false), call(probes.Logs, 0, 4, 7, 5, true),
		call(probes.Collect, 10, 12, 5, 0, true), call(probes.Metrics, 10, 13, 5, 0, true),
		call(probes.Collect, 20, 23, 5, 8, false),
	}})
	busy := []probes.Flight{
		{Of: probes.Metrics, Exporter: 5, StartedNS: at(20)}, {Of: probes.Logs, Exporter: 7, Records: 2},
		{Of: probes.Metrics, Exporter: 99, StartedNS: at(20)}, {Of: probes.Logs, Exporter: 6, Records: 1 << 60},
	}
	logs, metrics := "otlp_http_log_exporter", "otlp_grpc_metric_exporter"
	want := [][]snapshot.SignalExporter{
		{
			{Address: 6, Component: logs, Exported: 3, Durations: histogramOf(time.Millisecond)},
			{Address: 7, Component: logs, Index: 1, Reader: 1, Failed: 5, Inflight: 2, Failures: histogramOf(4 * time.Millisecond)},
		},
		{{Address: 5, Component: metrics, Inflight: 8, Collections: histogramOf(3 * time.Millisecond), FailedCollections: histogramOf(2 * time.Millisecond)}},
	}
	for i, p := range c.Take(busy, 0).Pipelines {
		if diff := cmp.Diff(want[i], p.Exporters); diff != "" {
			t.Errorf("%s (-want +got):\n%s", p.Signal, diff)
		}
	}
	for _, p := range c.Take(nil, 0).Pipelines {
		for _, e := range p.Exporters {
			if e.Exported+e.Failed+e.Inflight+e.Durations.Count+e.Collections.Count > 0 {
				t.Errorf("%s: %+v in the next interval, want nothing", p.Signal, e)
			}
		}
	}
}

// TestExportersOfSignalsAreBounded counts what there is no room for together.
func TestExportersOfSignalsAreBounded(t *testing.T) {
	c := testComponents()
	for n := range uint64(maxComponents + 5) {
		c.Record(probes.Records{Calls: []probes.Call{{Of: probes.Logs, StartedNS: at(0), EndedNS: at(1), Receiver: n + 1, Length: 1}}})
	}
	exporters := c.Take(nil, 0).Pipelines[0].Exporters
	if others := exporters[len(exporters)-1]; len(exporters) != maxComponents+1 || others.Address != 0 || others.Exported != 5 {
		t.Errorf("%d exporters, the last %+v; want %d, and 5 records of others", len(exporters), others, maxComponents+1)
	}
}

func histogramOf(durations ...time.Duration) (h snapshot.Histogram) {
	for _, d := range durations {
		h.Add(d)
	}
	return h
}

func TestGarbageIsNoProcessor(t *testing.T) {
	c := testComponents()
	garbage := image(1, exporterA, 3, 0, 0)
	garbage.QueueCap = 2
	c.Record(probes.Records{Sightings: []probes.Sighting{{Processor: garbage}, {Processor: nil}}})
	if len(c.batches) != 0 || len(c.unreadable) != 1 {
		t.Errorf("%d processors, %q; want none and one reason", len(c.batches), c.unreadable)
	}
}

func TestComponentsAreBounded(t *testing.T) {
	c := testComponents()
	for n := range uint64(maxComponents + 7) {
		for range 2 { // each is seen twice
			c.Record(probes.Records{Sightings: []probes.Sighting{{Processor: image(n+1, exporterA, 0, 0, 0)}}})
		}
	}
	interval := c.Take(nil, 0)
	if len(interval.Processors) != maxComponents || interval.Others.Processors != 7 {
		t.Errorf("%d processors and %d more, want %d and 7", len(interval.Processors), interval.Others.Processors, maxComponents)
	}
	if m := c.Missing(); len(m) != 1 || m[0].What != "processors.others" || !strings.HasPrefix(m[0].Why, "and 7 more like these") {
		t.Errorf("missing %+v, want 7 more processors", m)
	}
}

// TestExportsOfOthers has a processor and an exporter for each export. What is beyond the
// listed ones is counted together: no export is lost.
func TestExportsOfOthers(t *testing.T) {
	c := testComponents()
	for n := range uint64(maxComponents + 10) {
		p := image(n+1, 1000+n, 0, 2, 0)
		call := export(10, 20, 2, p)
		call.Receiver, call.Failed = 1000+n, n == maxComponents
		c.Record(probes.Records{Sightings: []probes.Sighting{{SeenNS: at(0), Processor: p}}, Calls: []probes.Call{call}})
	}
	interval := c.Take([]probes.Flight{{Of: probes.Export, Exporter: 5000, Records: 3}}, 0)
	var exported, failed, inflight uint64
	for _, e := range interval.Exports {
		exported, failed, inflight = exported+e.Exported, failed+e.Failed, inflight+e.Inflight
	}
	others := interval.Exports[len(interval.Exports)-1]
	if len(interval.Exports) != maxComponents+1 || others.Component != otherExporters || others.Operations != 10 {
		t.Errorf("%d exporters, the last is %+v; want %d, and the last with 10 exports of others", len(interval.Exports), others, maxComponents+1)
	}
	if exported != 2*(maxComponents+9) || failed != 2 || inflight != 3 {
		t.Errorf("%d spans exported, %d failed, %d under way; want %d, 2 and 3", exported, failed, inflight, 2*(maxComponents+9))
	}
	if want := (snapshot.Others{Processors: 10, Spans: 20}); interval.Others != want {
		t.Errorf("%+v, want %+v", interval.Others, want)
	}
	if next := c.Take(nil, 0); next.Others.Spans != 0 || next.Exports[maxComponents].Operations != 0 {
		t.Errorf("%+v, want nothing new", next.Others)
	}
}

// TestSharedExporterOfOthers has a processor for each export, and one exporter of all.
func TestSharedExporterOfOthers(t *testing.T) {
	c := testComponents()
	for n := range uint64(maxComponents + 3) {
		p := image(n+1, exporterA, 0, 2, 0)
		c.Record(probes.Records{Sightings: []probes.Sighting{{SeenNS: at(0), Processor: p}}, Calls: []probes.Call{export(10, 20, 2, p)}})
	}
	interval := c.Take(nil, 0)
	if len(interval.Exports) != 1 || interval.Exports[0].Exported != 2*(maxComponents+3) || interval.Others.Spans != 6 {
		t.Errorf("%+v, %+v; want one exporter, and 6 spans of others", interval.Exports, interval.Others)
	}
}

func TestExportsUnderWay(t *testing.T) {
	c := testComponents()
	busy := []probes.Flight{{Of: probes.Export, Exporter: exporterA, Records: 10, StartedNS: 28e9}, {Of: probes.Export, Exporter: exporterA, Records: 5, StartedNS: 29e9}}
	if exporters := c.Take(busy, 30e9).Exports; len(exporters) != 1 || exporters[0].Inflight != 15 || exporters[0].Waiting != 2*time.Second {
		t.Errorf("%+v, want 15 spans under way, for 2 s", exporters)
	}
	if exporters := c.Take(nil, 0).Exports; exporters[0].Inflight != 0 || exporters[0].Waiting != 0 {
		t.Errorf("%+v, want none under way any more", exporters)
	}
}
