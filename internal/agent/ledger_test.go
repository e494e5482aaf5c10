package agent

import (
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

func testLedger() *ledger {
	return newLedger(func(i memory.Image) memory.Processor {
		return memory.Processor{
			Address: i.Address, Settings: i.Settings(),
			Exporter: memory.Exporter{Address: i.ExporterAddress(), Component: "otlp_grpc_span_exporter"},
		}
	})
}

// at is a moment some milliseconds after the epoch of the tests.
func at(ms uint64) uint64 { return 1_000_000_000 + ms*uint64(time.Millisecond) }

func export(fromMS, toMS, spans uint64, processor *memory.Image) probes.Operation {
	return probes.Operation{StartedNS: at(fromMS), EndedNS: at(toMS), Exporter: exporterA, Spans: spans, Processor: processor}
}

// handed is what the books say that a processor was handed.
func handed(p snapshot.Processor) int64 {
	return int64(p.Exported+p.Failed+p.Unseen) + int64(p.After.Dropped-p.Before.Dropped) +
		int64(p.After.Queue+p.After.Batch) - int64(p.Before.Queue+p.Before.Batch)
}

func TestBooksAreKeptByConservation(t *testing.T) {
	tests := []struct {
		name             string
		records          probes.Records
		handed           int64
		exported, failed uint64
		unseen           uint64
	}{
		{"an export of everything", probes.Records{
			Sightings:  []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 0, 0, 0)}},
			Operations: []probes.Operation{export(10, 20, 100, image(1, exporterA, 7, 100, 0))},
		}, 107, 100, 0, 0},
		{"drops meanwhile", probes.Records{
			Sightings:  []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 5, 3, 40)}},
			Operations: []probes.Operation{export(10, 20, 100, image(1, exporterA, 2048, 100, 90))},
		}, 100 + 50 + 2048 - 8, 100, 0, 0},
		{"the drop counter wraps", probes.Records{
			Sightings:  []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 0, 0, 1<<32-2)}},
			Operations: []probes.Operation{export(10, 20, 100, image(1, exporterA, 0, 100, 3))},
		}, 105, 100, 0, 0},
		{"an export that had ended before the processor was seen", probes.Records{
			Sightings:  []probes.Sighting{{SeenNS: at(30), Snapshot: 1, Processor: image(1, exporterA, 2, 0, 0)}},
			Operations: []probes.Operation{export(10, 20, 100, image(1, exporterA, 0, 100, 0))},
		}, 0, 0, 0, 0},
		{"an export under way when otwatch attached", probes.Records{
			Sightings:  []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 10, 100, 0)}},
			Operations: []probes.Operation{{EndedNS: at(20)}, export(30, 40, 60, image(1, exporterA, 0, 60, 0))},
		}, 50, 60, 0, 100},
		{"a failed export", probes.Records{
			Sightings:  []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 0, 0, 0)}},
			Operations: []probes.Operation{{StartedNS: at(1), EndedNS: at(2), Exporter: exporterA, Spans: 9, Failed: true, Processor: image(1, exporterA, 0, 9, 0)}},
		}, 9, 0, 9, 0},
		{"a partial success", probes.Records{
			Sightings: []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 0, 0, 0)}},
			Operations: []probes.Operation{{StartedNS: at(1), EndedNS: at(2), Exporter: exporterA, Spans: 9, Rejected: 4, Partial: true,
				Failed: true, Processor: image(1, exporterA, 0, 9, 0)}},
		}, 9, 5, 4, 0},
		{"a receiver that rejects fewer than none", probes.Records{
			Sightings: []probes.Sighting{{SeenNS: at(0), Snapshot: 1, Processor: image(1, exporterA, 0, 0, 0)}},
			Operations: []probes.Operation{{StartedNS: at(1), EndedNS: at(2), Exporter: exporterA, Spans: 9, Rejected: ^uint64(0), Partial: true,
				Failed: true, Processor: image(1, exporterA, 0, 9, 0)}},
		}, 9, 9, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := testLedger()
			l.enter(test.records)
			processors, _ := l.close(nil)
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

// TestOperationsBelongToTheirProcessor doubts what is left over on a goroutine
// from an export of nothing, but not an exporter within another.
func TestOperationsBelongToTheirProcessor(t *testing.T) {
	direct := image(1, exporterA, 0, 5, 0)
	stale := export(30, 40, 5, direct)
	stale.Exporter = exporterB
	wrapped := export(10, 20, 5, direct)
	wrapped.Exporter = exporterB
	tests := []struct {
		name       string
		operations []probes.Operation
		exported   uint64
	}{
		{"its own exporter", []probes.Operation{export(10, 20, 5, direct)}, 5},
		{"a stale entry", []probes.Operation{export(10, 20, 5, direct), stale}, 5},
		{"a wrapped exporter", []probes.Operation{wrapped, stale}, 10},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := testLedger()
			l.enter(probes.Records{
				Sightings:  []probes.Sighting{{SeenNS: at(0), Processor: image(1, exporterA, 0, 0, 0)}},
				Operations: test.operations,
			})
			processors, exporters := l.close(nil)
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
	l := testLedger()
	l.enter(probes.Records{Sightings: []probes.Sighting{
		{Goroutine: 9, Snapshot: 77, Processor: image(1, exporterA, 0, 0, 0)},
		{Goroutine: 9, Snapshot: 77, Processor: image(2, exporterB, 0, 0, 0)},
		{Goroutine: 9, Snapshot: 78, Processor: image(3, exporterB, 0, 0, 0)},
		{Goroutine: 8, Snapshot: 77, Processor: image(4, exporterB, 0, 0, 0)},
	}})
	processors, _ := l.close(nil)
	var providers []uint64
	for _, p := range processors {
		providers = append(providers, p.Provider)
	}
	if diff := cmp.Diff([]uint64{1, 1, 3, 4}, providers); diff != "" {
		t.Errorf("providers (-want +got):\n%s", diff)
	}
}

// TestABatchIsNotCountedTwice takes the export's own reading where a later one
// may still have its spans.
func TestABatchIsNotCountedTwice(t *testing.T) {
	l := testLedger()
	l.enter(probes.Records{
		Sightings:  []probes.Sighting{{SeenNS: at(0), Processor: image(1, exporterA, 0, 0, 0)}},
		Operations: []probes.Operation{export(10, 20, 100, image(1, exporterA, 4, 100, 0))},
	})
	p := l.processors[0]
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
	p.glance(*image(1, exporterA, 4, 100, 0), at(21))
	p.adopt()
	processors, _ := l.close(nil)
	if got := handed(processors[0]); got != 104 {
		t.Errorf("handed %d, want 104", got)
	}
}

func TestWhatIsNoProcessorIsNotTaken(t *testing.T) {
	l := testLedger()
	garbage := image(1, exporterA, 3, 0, 0)
	garbage.QueueCap = 2
	l.enter(probes.Records{Sightings: []probes.Sighting{{Processor: garbage}, {Processor: nil}}})
	if len(l.processors) != 0 || len(l.doubts) != 1 {
		t.Errorf("%d processors, doubts %q; want none and one", len(l.processors), l.doubts)
	}
}

func TestComponentsAreBounded(t *testing.T) {
	l := testLedger()
	for n := range uint64(maxComponents + 7) {
		l.enter(probes.Records{Sightings: []probes.Sighting{{Processor: image(n+1, exporterA, 0, 0, 0)}}})
	}
	if len(l.processors) != maxComponents || l.overflow != 7 {
		t.Errorf("%d processors and %d beyond, want %d and 7", len(l.processors), l.overflow, maxComponents)
	}
}

func TestExportsUnderWay(t *testing.T) {
	l := testLedger()
	busy := []probes.Flight{{Exporter: exporterA, Spans: 10}, {Exporter: exporterA, Spans: 5}}
	if _, exporters := l.close(busy); len(exporters) != 1 || exporters[0].Inflight != 15 {
		t.Errorf("%+v, want 15 spans under way", exporters)
	}
	if _, exporters := l.close(nil); exporters[0].Inflight != 0 {
		t.Errorf("%+v, want none under way any more", exporters)
	}
}
