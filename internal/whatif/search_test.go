package whatif

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

const noLimit = 1 << 40

func TestSearch(t *testing.T) {
	// Exports of 50 to 500 spans take 20 ms + 20 µs a span: 512 of them 30 ms.
	twoSizes := func(load Load) Load {
		load.Exports = nil
		for i := range 20 {
			spans := 50 + 450*(i%2)
			load.Exports = append(load.Exports, Export{spans, 20*time.Millisecond + time.Duration(spans)*20*time.Microsecond})
		}
		return load
	}
	tests := []struct {
		name    string
		load    Load
		current snapshot.Settings
		want    snapshot.Settings
	}{
		// 128 spans in 60 ms are 2,133 a second, 256 are 4,266; 180 end meanwhile.
		{"less would do", steady(20, 3000, 512, 60*time.Millisecond), settings(2048, 512, 5*time.Second), settings(256, 256, 5*time.Second)},
		// Batches of 128 take 22.6 ms, 5,670 a second; of 256 25 ms, 10,200; 200
		// end meanwhile.
		{"a larger batch is needed", twoSizes(steady(20, 8000, 1, 1)), settings(256, 64, 5*time.Second), settings(256, 256, 5*time.Second)},
		// The delay fires during each export, which halves the batches.
		{"a longer delay is needed", steady(20, 4000, 512, 100*time.Millisecond), settings(2048, 512, 20*time.Millisecond), settings(512, 512, time.Second)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			forecast, err := searchFor(test.load, test.current, 1000, noLimit)
			if err != nil {
				t.Fatal(err)
			}
			if forecast.Settings != test.want {
				t.Errorf("got %+v, want %+v", forecast.Settings, test.want)
			}
		})
	}
}

// TestSearchKeepsItsWord looks for settings for random loads: what is found
// keeps drops down, and half its queue does not, or is too small a step.
func TestSearchKeepsItsWord(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 22))
	for range 10 {
		load := randomLoad(random)
		forecast, err := searchFor(load, settings(2048, 512, time.Second), 1000, noLimit)
		if err != nil {
			if !errors.Is(err, ErrExportsAreTheLimit) {
				t.Error(err)
			}
			continue
		}
		found := forecast.Settings
		if forecast.Worst.Drops >= AcceptedDrops {
			t.Errorf("%+v drops %v", found, forecast.Worst.Drops)
		}
		shorter := found
		shorter.MaxQueueSize /= 2
		if shorter.MaxQueueSize < max(256, found.MaxExportBatchSize) {
			continue
		}
		if less, err := simulate(load, shorter); err != nil || less.Worst.Drops < AcceptedDrops {
			t.Errorf("%+v was found, but half its queue drops only %v (%v)", found, less.Worst.Drops, err)
		}
	}
}

func TestSearchSaysThatExportsAreTheLimit(t *testing.T) {
	// All exports had 512 spans and took 500 ms: 1,024 a second, and nothing
	// says that larger ones would not take longer.
	load := steady(60, 5000, 512, 500*time.Millisecond)
	if _, err := searchFor(load, settings(2048, 512, time.Second), 1000, 1<<26); !errors.Is(err, ErrExportsAreTheLimit) {
		t.Errorf("got error %v", err)
	}
}

func TestSearchStaysWithinTheMemory(t *testing.T) {
	load := steady(20, 3000, 512, 60*time.Millisecond)
	if _, err := searchFor(load, settings(2048, 512, time.Second), 1000, 100_000); !errors.Is(err, ErrExportsAreTheLimit) {
		t.Errorf("got error %v, want none within 100 kB", err)
	}
}

func TestSearchRefuses(t *testing.T) {
	if _, err := searchFor(Load{}, settings(1, 1, 1), 1, 1); !errors.Is(err, ErrNoTime) {
		t.Errorf("got error %v, want %v", err, ErrNoTime)
	}
	if _, err := searchFor(steady(1, 1, 1, 1), settings(0, 1, 1), 1, 1); err == nil {
		t.Error("a queue of 0 was taken")
	}
}
