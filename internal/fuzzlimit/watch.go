package fuzzlimit

import (
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

// Watch begins to measure an input, and returns what ends it: the test fails if it took
// more than it may. In a fuzz target:
//
//	defer fuzzlimit.Watch(t)()
func Watch(t testing.TB) func() {
	runtime.LockOSThread()
	allocated, used := allocations(), cpuTime(t)
	return func() {
		t.Helper()
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
