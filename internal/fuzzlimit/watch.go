package fuzzlimit

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// Memory is what may be allocated for one input, in bytes, all of it together: no
	// part of it may have been needed at the same time, but it is a bound of what was.
	Memory = 256 << 20
	// Time is the CPU time that one input may take: that of a busy machine's clock says
	// nothing.
	Time = time.Second
)

// stuck is after how long an input has no end.
const stuck = time.Minute

// Watch begins to measure an input, and returns what ends it: the test fails if it took
// more than it may. An input without end is ended by a panic before it has taken the
// machine's memory. In a fuzz target:
//
//	defer fuzzlimit.Watch(t)()
func Watch(t testing.TB) func() {
	runtime.LockOSThread()
	allocated, used, done := allocations(), cpuTime(t), make(chan struct{})
	go interrupt(allocated, done)
	return func() {
		t.Helper()
		close(done)
		bytes, took := allocations()-allocated, cpuTime(t)-used
		runtime.UnlockOSThread()
		if bytes > Memory {
			t.Errorf("the input had %d MB allocated, the limit is %d", bytes>>20, Memory>>20)
		}
		if took > Time {
			t.Errorf("the input took %v of CPU time, the limit is %v", took, Time)
		}
	}
}

// interrupt panics for an input that has gone far over a limit and goes on.
func interrupt(allocated uint64, done <-chan struct{}) {
	began, check := time.Now(), time.NewTicker(50*time.Millisecond)
	defer check.Stop()
	for {
		select {
		case <-done:
			return
		case <-check.C:
		}
		if bytes := allocations() - allocated; bytes > 4*Memory {
			panic(fmt.Sprintf("the input had %d MB allocated and goes on, the limit is %d", bytes>>20, Memory>>20))
		}
		if took := time.Since(began); took > stuck {
			panic(fmt.Sprintf("the input goes on after %v", took))
		}
	}
}

// allocations is what this process has allocated so far, in bytes.
func allocations() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// cpuTime is this thread's.
func cpuTime(t testing.TB) time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
