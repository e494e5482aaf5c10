package probes

import (
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"runtime"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/gobinary"
)

// Cost is the CPU time of one probe hit.
type Cost struct {
	Emulated time.Duration // on an instruction that the kernel emulates
	Stepped  time.Duration // on one that it must single-step
}

// In a real program a hit finds cold caches and branch predictors. By trap samples it
// cost 0.8 to 2.5 µs, the more the rarer hits were, where the loop of calibrate measured
// 0.8 µs; single-stepped, 19 to 20 µs instead of 10 to 14. So a target is charged a part
// more, and a constant.
const (
	chargedPart  = 1.5
	chargedExtra = 1500 * time.Nanosecond
)

// Charged is what a target is charged for a hit: more than the hit costs.
func (c Cost) Charged() Cost {
	return Cost{Emulated: charged(c.Emulated), Stepped: charged(c.Stepped)}
}

func charged(measured time.Duration) time.Duration {
	return time.Duration(chargedPart*float64(measured)) + chargedExtra
}

const (
	calibrationSymbol = "github.com/otwatch/otwatch/internal/probes.calibrationTarget"
	calibrationCalls  = 500
	calibrationRounds = 5
	calibrationProbe  = uint8(len(bpfTargetCounters{}.Of) - 1) // no row of the catalogue
)

// calibrationTarget is the function that calibrate probes. It has a frame, because of its
// calls.
//
//go:noinline
func calibrationTarget(n int) int {
	return calibrationLeaf(n) + calibrationLeaf(n+1)
}

//go:noinline
func calibrationLeaf(n int) int { return n }

// ownFunction is a function of otwatch itself that probes can be put on.
type ownFunction struct {
	binary  *gobinary.Binary
	address uint64 // in the file
	places  []placement
}

// loadedAt is the address of a place in this process.
func (f ownFunction) loadedAt(place placement) uint64 {
	return uint64(reflect.ValueOf(calibrationTarget).Pointer()) + place.Offset
}

func findOwnFunction() (ownFunction, error) {
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		return ownFunction{}, err
	}
	defer self.Close()
	binary, err := gobinary.Read(self)
	if err != nil {
		return ownFunction{}, err
	}
	functions, err := binary.Functions(calibrationSymbol)
	if err != nil {
		return ownFunction{}, err
	}
	if len(functions[calibrationSymbol]) == 0 {
		return ownFunction{}, fmt.Errorf("%s is not in the executable", calibrationSymbol)
	}
	function := functions[calibrationSymbol][0]
	code, err := binary.Code(function)
	if err != nil {
		return ownFunction{}, err
	}
	places, err := placers[binary.Arch].placements(probe{Symbol: calibrationSymbol, At: atReturns}, code)
	return ownFunction{binary, function.Address, places}, err
}

// calibrate measures the cost of a hit of each kind on a function of this process: the
// CPU time of a call with the probe minus that of a call without it, each in the fastest
// of some rounds.
func calibrate(l *loaded) (Cost, error) {
	function, err := findOwnFunction()
	if err != nil {
		return Cost{}, err
	}
	release, err := calibrationEntries(&l.objects)
	if err != nil {
		return Cost{}, err
	}
	defer release()

	runtime.LockOSThread() // whose CPU time is measured
	defer runtime.UnlockOSThread()
	bare := timeCalls()
	var cost Cost
	for _, place := range function.places {
		hit, err := timeHits(l, function, place, bare)
		if err != nil {
			return Cost{}, err
		}
		if place.Stepped {
			cost.Stepped = max(cost.Stepped, hit)
		} else {
			cost.Emulated = hit
		}
	}
	cost.Emulated = max(cost.Emulated, 1)
	if cost.Stepped < cost.Emulated {
		cost.Stepped = cost.Emulated
	}
	return cost, nil
}

// calibrationEntries makes the map entries that let a hit be counted and charged as any
// other.
func calibrationEntries(objects *bpfObjects) (release func(), err error) {
	tgid := uint32(os.Getpid())
	group := bpfGroupKey{Tgid: tgid}
	err = errors.Join(
		objects.Counters.Put(tgid, make([]bpfTargetCounters, ebpf.MustPossibleCPU())),
		objects.Allowances.Put(group, bpfAllowance{LimitNs: ^uint64(0)}),
		objects.Accounts.Put(tgid, bpfTargetAccounts{}))
	return func() {
		_ = objects.Counters.Delete(tgid)
		_ = objects.Allowances.Delete(group)
		_ = objects.Accounts.Delete(tgid)
	}, err
}

// timeHits returns the CPU time that a probe at a place of a function of this executable
// adds to a call.
func timeHits(l *loaded, function ownFunction, place placement, bare time.Duration) (time.Duration, error) {
	probe, err := l.probeOwn(function, place)
	if err != nil {
		return 0, err
	}
	probed := timeCalls()
	if err := probe.Close(); err != nil {
		return 0, err
	}
	return max(0, probed-bare), nil
}

// timeCalls returns the CPU time of one call in the fastest of some rounds. What else
// runs on the machine can only add to it: half of it in one run of twenty.
func timeCalls() time.Duration {
	fastest := time.Duration(math.MaxInt64)
	for range calibrationRounds {
		start := threadCPU()
		for n := range calibrationCalls {
			calibrationTarget(n)
		}
		fastest = min(fastest, (threadCPU()-start)/calibrationCalls)
	}
	return fastest
}

// threadCPU is the CPU time that this thread has used. Unlike the time of day it stops
// while others run.
func threadCPU() time.Duration {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now) != nil {
		return 0
	}
	return time.Duration(now.Nano())
}
