package fuzzlimit

import (
	"testing"
	"time"
)

// judge takes the failures of a test that is watched.
type judge struct {
	testing.TB
	failed bool
}

func (j *judge) Errorf(string, ...any) { j.failed = true }

func TestWatch(t *testing.T) {
	var kept []byte
	for _, test := range []struct {
		name   string
		input  func()
		failed bool
	}{
		{"nothing", func() {}, false},
		{"a few MB", func() { kept = make([]byte, 8<<20) }, false},
		{"as much at once", func() { kept = make([]byte, Memory+1) }, true},
		{"as much in all", func() {
			for range 65 {
				kept = make([]byte, Memory/64)
			}
		}, true},
		{"idle for long", func() { time.Sleep(Time + 100*time.Millisecond) }, false},
		{"busy for long", func() {
			for began := cpuTime(t); cpuTime(t)-began <= Time; {
			}
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := &judge{TB: t}
			end := Watch(j)
			test.input()
			end()
			if j.failed != test.failed {
				t.Errorf("failed: %v, want %v", j.failed, test.failed)
			}
		})
	}
	_ = kept
}
