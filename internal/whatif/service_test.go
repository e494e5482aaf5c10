package whatif

import (
	"math/rand/v2"
	"testing"
	"time"
)

// linear is n exports of 100 to 500 spans that take 20 ms and 50 µs a span, give
// or take noise.
func linear(n int, noise time.Duration) []Export {
	random := rand.New(rand.NewPCG(7, 8))
	exports := make([]Export, n)
	for i := range exports {
		spans := 100 + random.IntN(401)
		took := 20*time.Millisecond + time.Duration(spans)*50*time.Microsecond
		exports[i] = Export{spans, took + time.Duration(random.Int64N(int64(2*noise)+1)) - noise}
	}
	return exports
}

func TestServiceLearnsWhatASpanCosts(t *testing.T) {
	const truth = 50_000.0
	tests := []struct {
		name    string
		exports []Export
		shown   bool
	}{
		{"a clear trend", linear(30, 0), true},
		{"with noise", linear(100, 5*time.Millisecond), true},
		{"of thousands", linear(5000, 5*time.Millisecond), true},
		{"one of ten ten times as long", func() []Export {
			exports := linear(200, time.Millisecond)
			for i := 0; i < len(exports); i += 10 {
				exports[i].Duration *= 10
			}
			return exports
		}(), true},
		{"too few", linear(9, 0), false},
		{"of one size", repeat(100, 512, time.Second), false},
		{"none", nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newService(test.exports)
			if s.shown != test.shown {
				t.Fatalf("shown: %v", s.shown)
			}
			if s.shown && (s.low > truth+1 || s.high < truth-1 || s.perSpan < 0.85*truth || s.perSpan > 1.15*truth) {
				t.Errorf("got %.0f ns a span (%.0f to %.0f), want %.0f", s.perSpan, s.low, s.high, truth)
			}
		})
	}
}

func TestDurations(t *testing.T) {
	const ms = time.Millisecond
	one := newService([]Export{{Spans: 100, Duration: 10 * ms}})
	known := one
	known.shown, known.perSpan, known.low, known.high = true, 20_000, 10_000, 40_000
	tests := []struct {
		name  string
		by    durations
		spans int
		want  time.Duration
	}{
		{"unknown, twice as many, likely", one.likely(), 200, 20 * ms},
		{"unknown, twice as many, slowest", one.slowest(), 200, 20 * ms},
		{"unknown, twice as many, fastest", one.fastest(), 200, 10 * ms},
		{"unknown, half as many, likely", one.likely(), 50, 10 * ms},
		{"unknown, half as many, fastest", one.fastest(), 50, 5 * ms},
		{"known, the same", known.likely(), 100, 10 * ms},
		{"known, twice as many, likely", known.likely(), 200, 12 * ms},
		{"known, twice as many, slowest", known.slowest(), 200, 14 * ms},
		{"known, twice as many, fastest", known.fastest(), 200, 11 * ms},
		{"known, half as many, likely", known.likely(), 50, 9 * ms},
		{"known, half as many, slowest", known.slowest(), 50, 9500 * time.Microsecond},
		{"known, half as many, fastest", known.fastest(), 50, 8 * ms},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.by(7, test.spans); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
