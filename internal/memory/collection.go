package memory

import "time"

// ControllerWords is how many words of the runtime's GC controller a Collection has.
const ControllerWords = 32

// Collection is the end of a garbage collection: what it marked, and a copy of the GC
// controller as the previous collection left it. Times are CLOCK_MONOTONIC nanoseconds.
type Collection struct {
	EndedNS    uint64
	Marked     uint64 // bytes
	Controller [ControllerWords]uint64
}

// Layout of runtime.gcControllerState around its heapMarked, in words before
// (-) and behind it; the same in go1.21 to go1.27. Source: src/runtime/mgcpacer.go.
//
//	-6 heapLive  -5 heapScan  -4 lastHeapScan  -3 lastStackScan
//	-2 maxStackScan  -1 globalsScan  0 heapMarked  1 heapScanWork
//	9 markStartTime
const (
	beforeHeapLive     = 6
	beforeLastHeapScan = 4
	behindHeapScanWork = 1
	behindMarkStart    = 9
)

// Cycle is the time between the ends of two successive collections.
type Cycle struct {
	Elapsed   time.Duration
	Allocated uint64 // bytes
	Scanned   uint64 // bytes of the heap that may hold pointers, as the second found it
	Live      uint64 // bytes that the second marked
	// BeganNS is when the second one began to mark, CLOCK_MONOTONIC; 0: not known.
	BeganNS uint64
}

// Since returns the Cycle from an earlier collection to c. It finds the controller's
// fields by their values: heapMarked is what the earlier collection marked, lastHeapScan
// what it scanned. It returns false if there is no earlier one, one between the two was
// missed, or the layout is not known.
func (c Collection) Since(earlier Collection) (Cycle, bool) {
	if earlier.Marked == 0 || c.EndedNS <= earlier.EndedNS {
		return Cycle{}, false
	}
	for marked := beforeHeapLive; marked+behindHeapScanWork < ControllerWords; marked++ {
		live := c.Controller[marked-beforeHeapLive]
		if c.Controller[marked] == earlier.Marked && live >= earlier.Marked &&
			c.Controller[marked-beforeLastHeapScan] == earlier.Controller[marked+behindHeapScanWork] {
			return Cycle{
				Elapsed:   time.Duration(c.EndedNS - earlier.EndedNS),
				Allocated: live - earlier.Marked,
				Scanned:   c.Controller[marked+behindHeapScanWork],
				Live:      c.Marked,
				BeganNS:   c.began(marked, earlier),
			}, true
		}
	}
	return Cycle{}, false
}

// began is when c began to mark, given the position of heapMarked; 0 if the word there is
// no time between the two collections.
func (c Collection) began(marked int, earlier Collection) uint64 {
	if marked+behindMarkStart >= ControllerWords {
		return 0
	}
	began := c.Controller[marked+behindMarkStart]
	if began < earlier.EndedNS || began > c.EndedNS {
		return 0
	}
	return began
}
