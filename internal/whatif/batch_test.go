package whatif

import (
	"testing"
	"time"
)

// repeat is n exports of spans that take one duration.
func repeat(n, spans int, took time.Duration) []Export {
	exports := make([]Export, n)
	for i := range exports {
		exports[i] = Export{spans, took}
	}
	return exports
}

func TestNextBatchSize(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name  string
		p95   time.Duration
		mean  float64 // of the batches
		peak  int     // of the queue
		queue uint64
		want  uint64
	}{
		{"over the target", 101 * ms, 300, 0, 2048, 450},
		{"at the target", 100 * ms, 500, 2048, 2048, 500},
		{"half of it", 50 * ms, 500, 2048, 2048, 500},
		{"under half of it, and falls behind", 49 * ms, 475, 1024, 2048, 550},
		{"batches are not full", 49 * ms, 474, 1024, 2048, 500},
		{"the queue is short", 49 * ms, 500, 1023, 2048, 500},
		{"the queue holds no more", 49 * ms, 500, 520, 520, 520},
		{"no exports", 0, 0, 0, 2048, 500},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := Forecast{Settings: settings(test.queue, 500, time.Second), Expected: Outcome{MeanBatch: test.mean, QueuePeak: test.peak, Took: Took{P95: test.p95}}}
			if got := f.NextBatchSize(100 * ms); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
	if f := (Forecast{Settings: settings(9, 1, time.Second), Expected: Outcome{Took: Took{P95: time.Second}}}); f.NextBatchSize(ms) != 1 {
		t.Error("a batch of no spans")
	}
}

// TestFitBatch has exports of 10 ms and 1 ms a span.
func TestFitBatch(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name      string
		rate      int
		batch     uint64
		target    time.Duration
		low, high uint64
	}{
		// 190 spans take 200 ms; a step is a tenth.
		{"too slow", 400, 500, 200 * ms, 171, 190},
		// 600/s take batches of 15 at least, in 25 ms each.
		{"a smaller batch cannot keep up", 600, 400, 15 * ms, 15, 60},
		// At 25 spans an export takes 35 ms, and the queue is short.
		{"falls behind", 700, 10, 2000 * ms, 20, 40},
		{"nothing to change", 100, 100, time.Second, 100, 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			load := steady(30, test.rate, 1, 0)
			load.Exports = nil
			for spans := 10; spans < 50; spans++ {
				load.Exports = append(load.Exports, Export{spans, 10*ms + time.Duration(spans)*ms})
			}
			f, err := fitBatch(load, settings(1024, test.batch, time.Second), test.target)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Settings.MaxExportBatchSize; got < test.low || got > test.high {
				t.Errorf("batches of %d, want %d to %d: %+v", got, test.low, test.high, f.Expected)
			}
			if f.Worst.Drops > AcceptedDrops {
				t.Errorf("drops %v", f.Worst.Drops)
			}
		})
	}
	if _, err := fitBatch(Load{}, settings(1024, 100, time.Second), time.Second); err == nil {
		t.Error("of nothing")
	}
}

func TestStart(t *testing.T) {
	tests := []struct{ memory, queue, batch uint64 }{
		{64 << 30, 8192, 1024}, {16e9, 8192, 1024}, {16e9 - 1, 4096, 512},
		{8e9, 4096, 512}, {8e9 - 1, 2048, 256}, {0, 2048, 256},
	}
	for _, test := range tests {
		got := Start(test.memory, settings(1, 1, 7*time.Second))
		if got != settings(test.queue, test.batch, 7*time.Second) {
			t.Errorf("%d bytes: got %+v", test.memory, got)
		}
	}
}
