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
	tests := []struct {
		name    string
		exports []Export
		queue   uint64
		want    uint64
	}{
		{"over the target", repeat(20, 500, 101*ms), 2048, 450},
		{"at the target", repeat(20, 500, 100*ms), 2048, 500},
		{"between", repeat(20, 500, 60*ms), 2048, 500},
		{"half of it", repeat(20, 500, 50*ms), 2048, 500},
		{"under half of it", repeat(20, 500, 49*ms), 2048, 550},
		{"under half of it, in a short queue", repeat(20, 500, 49*ms), 520, 520},
		{"one of twenty is slow", append(repeat(19, 500, 60*ms), repeat(1, 500, time.Second)...), 2048, 500},
		{"two of twenty are slow", append(repeat(18, 500, 60*ms), repeat(2, 500, time.Second)...), 2048, 450},
		{"no exports", nil, 2048, 500},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := NextBatchSize(test.exports, settings(test.queue, 500, time.Second), 100*ms); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestLimitOf(t *testing.T) {
	tests := []struct {
		name    string
		exports []Export
		want    Limit
	}{
		{"all full", repeat(20, 512, 1), LimitBatch},
		{"one of twenty is not", append(repeat(19, 512, 1), Export{Spans: 3}), LimitBatch},
		{"two of twenty are not", append(repeat(18, 512, 1), repeat(2, 3, 1)...), LimitExport},
		{"no exports", nil, LimitExport},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := LimitOf(test.exports, settings(2048, 512, time.Second)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestStart(t *testing.T) {
	tests := []struct{ memory, queue, batch uint64 }{
		{64 << 30, 8192, 1024}, {16 << 30, 8192, 1024}, {16<<30 - 1, 4096, 512},
		{8 << 30, 4096, 512}, {8<<30 - 1, 2048, 256}, {0, 2048, 256},
	}
	for _, test := range tests {
		got := Start(test.memory, settings(1, 1, 7*time.Second))
		if got != settings(test.queue, test.batch, 7*time.Second) {
			t.Errorf("%d bytes: got %+v", test.memory, got)
		}
	}
}
