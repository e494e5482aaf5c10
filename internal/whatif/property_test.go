package whatif

import (
	"math/rand/v2"
	"testing"
	"time"
)

// randomLoad is bursty: some intervals have twenty times the spans of others,
// and exports are slow by turns.
func randomLoad(random *rand.Rand) Load {
	rate := 100 + random.IntN(2000)
	load := Load{Together: 1 + random.IntN(20)}
	for range 50 {
		spans := random.IntN(rate)
		if random.IntN(5) == 0 {
			spans *= 20
		}
		load.Intervals = append(load.Intervals, Interval{100 * time.Millisecond, uint64(spans)})
	}
	mean := time.Duration(1+random.IntN(200)) * time.Millisecond
	for range 40 {
		took := mean/2 + time.Duration(random.Int64N(int64(mean)))
		load.Exports = append(load.Exports, Export{Spans: 1 + random.IntN(512), Duration: took})
	}
	return load
}

// each calls f with a hundred random loads and settings, queue and batch.
func each(t *testing.T, f func(t *testing.T, load Load, queue, batch uint64)) {
	random := rand.New(rand.NewPCG(11, 12))
	for range 100 {
		load := randomLoad(random)
		queue := uint64(64 << random.IntN(6))
		f(t, load, queue, max(1, queue>>random.IntN(5)))
	}
}

// lost is the share of drops of every replay with the exports' durations
// independent of their sizes, and a delay that never fires during an export.
func lost(t *testing.T, load Load, queue, batch uint64) []float64 {
	t.Helper()
	r, err := NewReplay(load)
	if err != nil {
		t.Fatal(err)
	}
	shares := make([]float64, replays)
	for i := range shares {
		shares[i] = r.run(settings(queue, batch, time.Minute), pace{exports: r.service.bySlopes(0, 0)}, i).Drops * r.spans
	}
	return shares
}

func TestALongerQueueNeverDropsMore(t *testing.T) {
	each(t, func(t *testing.T, load Load, queue, batch uint64) {
		small, large := lost(t, load, queue, batch), lost(t, load, 2*queue, batch)
		for i := range small {
			if large[i] > small[i] {
				t.Errorf("queue %d drops %v, %d drops %v (batch %d)", queue, small[i], 2*queue, large[i], batch)
			}
		}
	})
}

func TestMoreSpansNeverDropFewer(t *testing.T) {
	each(t, func(t *testing.T, load Load, queue, batch uint64) {
		busier := load
		busier.Intervals = nil
		for _, interval := range load.Intervals {
			interval.Spans += interval.Spans / 2
			busier.Intervals = append(busier.Intervals, interval)
		}
		few, many := lost(t, load, queue, batch), lost(t, busier, queue, batch)
		for i := range few {
			if many[i] < few[i] {
				t.Errorf("dropped %v, of half as many again %v (queue %d, batch %d)", few[i], many[i], queue, batch)
			}
		}
	})
}

func TestFasterExportsNeverDropMore(t *testing.T) {
	each(t, func(t *testing.T, load Load, queue, batch uint64) {
		slow := load
		slow.Exports = nil
		for _, export := range load.Exports {
			slow.Exports = append(slow.Exports, Export{export.Spans, 2 * export.Duration})
		}
		a, b := mustSimulate(t, load, queue, batch), mustSimulate(t, slow, queue, batch)
		if a.Expected.Drops > b.Expected.Drops+0.02 {
			t.Errorf("dropped %v, with exports twice as long %v", a.Expected.Drops, b.Expected.Drops)
		}
	})
}

func TestTheWorstIsWorstAndSharesAreShares(t *testing.T) {
	each(t, func(t *testing.T, load Load, queue, batch uint64) {
		f := mustSimulate(t, load, queue, batch)
		if f.Best.Drops > f.Expected.Drops || f.Expected.Drops > f.Worst.Drops {
			t.Errorf("best %v, expected %v, worst %v", f.Best.Drops, f.Expected.Drops, f.Worst.Drops)
		}
		for _, o := range []Outcome{f.Best, f.Expected, f.Worst} {
			if o.Drops < 0 || o.Drops > 1 || o.Busy < 0 || o.Busy > 1 || o.QueuePeak > int(queue) || o.MeanBatch > float64(batch) {
				t.Errorf("impossible: %+v with a queue of %d, batches of %d", o, queue, batch)
			}
		}
	})
}

func mustSimulate(t *testing.T, load Load, queue, batch uint64) *Forecast {
	t.Helper()
	forecast, err := simulate(load, settings(queue, batch, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return forecast
}
