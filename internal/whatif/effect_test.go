package whatif

import (
	"errors"
	"testing"
	"time"
)

func TestEffect(t *testing.T) {
	forecast := func(queue uint64, drops float64) *Forecast {
		return &Forecast{
			Settings: settings(queue, 512, time.Second),
			Expected: Outcome{Drops: drops},
			Worst:    Outcome{Drops: drops + 0.01},
		}
	}
	tests := []struct {
		name  string
		to    *Forecast
		want  string
		bytes float64
	}{
		{"a longer queue", forecast(8192, 0), "drops 5.2 % → 0 %, queue memory +6.2 MB", 6144 * 1016},
		{"a shorter queue", forecast(1024, 0.1), "drops 5.2 % → 10 %, queue memory −1.0 MB", -1024 * 1016},
		{"the same queue", forecast(2048, 0.052), "drops 5.2 % → 5.2 %, queue memory +0 B", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			effect := Effect{Before: forecast(2048, 0.052), After: test.to, BytesPerSpan: 1000}
			if got := effect.String(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := effect.memory(); got != test.bytes {
				t.Errorf("%v bytes more, want %v", got, test.bytes)
			}
		})
	}
}

func TestConfirm(t *testing.T) {
	forecast := &Forecast{Best: Outcome{Drops: 0.05}, Worst: Outcome{Drops: 0.08}}
	for seen, want := range map[float64]error{0.05: nil, 0.031: nil, 0.099: nil, 0.02: ErrNotReproduced, 0.2: ErrNotReproduced} {
		if err := forecast.Confirm(seen); !errors.Is(err, want) {
			t.Errorf("seen %v: got error %v, want %v", seen, err, want)
		}
	}
}
