package main

import (
	"testing"
	"time"
)

func TestLatencies(t *testing.T) {
	var l latencies
	if mean, p99 := l.summary(); mean != 0 || p99 != 0 {
		t.Errorf("of none: mean %v, p99 %v", mean, p99)
	}
	for i := range 200 {
		l.add(time.Duration(200-i) * time.Millisecond)
	}
	if mean, p99 := l.summary(); mean != 100500*time.Microsecond || p99 != 199*time.Millisecond {
		t.Errorf("of 1 to 200 ms: mean %v, p99 %v", mean, p99)
	}
}
