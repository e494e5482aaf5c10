package main

import (
	"testing"
	"time"
)

func TestNextRunIsLongEnough(t *testing.T) {
	l := lengths{turn: 20 * time.Second, longest: 5 * time.Minute, samples: 10_000}
	tests := []struct {
		name    string
		before  time.Duration
		samples float64
		want    time.Duration
	}{
		{"a fifth was taken", 20 * time.Second, 2000, 100 * time.Second},
		{"enough were taken", 100 * time.Second, 10_000, 100 * time.Second},
		{"more than enough were", 20 * time.Second, 40_000, 20 * time.Second},
		{"so few that no run is long enough", 20 * time.Second, 100, 5 * time.Minute},
		{"nothing was claimed", 20 * time.Second, 0, 5 * time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := l.next(test.before, test.samples); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
