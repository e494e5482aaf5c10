package memory

import (
	"os"
	"runtime"
	"testing"
	"unsafe"
)

// TestReturns has goroutines in this process's memory.
func TestReturns(t *testing.T) {
	const to = 0x4a1b2c
	stack := make([]uint64, 16)
	stack[9] = to
	at := func(i int) uint64 { return uint64(uintptr(unsafe.Pointer(&stack[i]))) }
	for _, test := range []struct {
		name           string
		low, high, top uint64
		want, known    bool
	}{
		{"it is to return", at(0), at(15), at(4), true, true},
		{"it has returned", at(0), at(15), at(10), false, true},
		{"its stack is freed", 0, 0, 0, false, true},
		{"it runs", at(0), at(15), 0, false, false},
		{"its stack is not there", 8, 80, 16, false, false},
		{"the top is below the stack", at(5), at(15), at(4), false, false},
		{"the stack is upside down", at(15), at(0), at(4), false, false},
	} {
		g := [gWords]uint64{stackLow: test.low, stackHigh: test.high, stackTop: test.top}
		if got, known := Returns(Reader{PID: os.Getpid()}, uint64(uintptr(unsafe.Pointer(&g))), to); got != test.want || known != test.known {
			t.Errorf("%s: %v, known %v", test.name, got, known)
		}
		runtime.KeepAlive(g)
	}
	if got, known := Returns(Reader{PID: os.Getpid()}, 8, to); got || known {
		t.Error("there is no goroutine")
	}
	runtime.KeepAlive(stack)
}
