package memory

import (
	"encoding/binary"
	"slices"
)

// Words of a runtime.g, in Go 1.5 and later: stack.lo, stack.hi and sched.sp. The runtime's
// assembly and the linker rely on the first two, and debuggers on the third. Source:
// src/runtime/runtime2.go.
const (
	stackLow  = 0
	stackHigh = 1
	stackTop  = 7
	gWords    = 8
)

// maxStack bounds the bytes of a goroutine's stack that are read: those of its outermost
// calls.
const maxStack = 32 << 10

// Returns reports whether a goroutine, by the address of its runtime.g, has an address on its
// stack to which a call returns. It is false if the goroutine has ended. It is not known while
// the goroutine runs, when the runtime keeps 0 as the top of the stack, or if its memory cannot
// be read.
func Returns(r Reader, goroutine, to uint64) (returns, known bool) {
	head := make([]byte, 8*gWords)
	if r.Read(goroutine, head) != nil {
		return false, false
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(head[8*i:]) }
	low, high, top := word(stackLow), word(stackHigh), word(stackTop)
	switch {
	case high == 0: // its stack is freed
		return false, true
	case top < low || top >= high || top%8 != 0 || high%8 != 0:
		return false, false
	}
	stack := make([]byte, min(high-top, maxStack))
	if r.Read(high-uint64(len(stack)), stack) != nil {
		return false, false
	}
	for word := range slices.Chunk(stack, 8) {
		if binary.LittleEndian.Uint64(word) == to {
			return true, true
		}
	}
	return false, true
}
