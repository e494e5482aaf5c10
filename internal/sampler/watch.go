package sampler

import (
	"errors"
	"fmt"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

// Watch takes the samples of one process. Its methods are for one goroutine.
type Watch struct {
	sampler *Sampler
	process *target.Process
	named   map[*stack]snapshot.Stack // of one age of the stack maps
	age     int
	past    bpfUnstacked    // up to the last Take
	probed  map[uint64]bool // addresses where a thread is during a hit of a probe
	foreign map[uint64]bool // the same for breakpoints that are not otwatch's
}

// Watch begins to keep a process's samples, with the gate open. probes are the addresses
// where probes are, or will be.
func (s *Sampler) Watch(process *target.Process, probes []uint64) (*Watch, error) {
	w := &Watch{
		sampler: s, process: process,
		named: map[*stack]snapshot.Stack{}, probed: map[uint64]bool{},
	}
	for _, address := range probes {
		w.probed[address], w.probed[address+1] = true, true // a trap is one byte long
	}
	s.counts.watch(w.tgid())
	err := errors.Join(
		w.markProbed(),
		s.objects.Counters.Put(w.tgid(), make([]bpfUnstacked, ebpf.MustPossibleCPU())),
		w.Gate(false))
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("sample pid %d: %w", process.PID, err)
	}
	return w, nil
}

// SetForeign sets the addresses of breakpoints that are not otwatch's, where samples are counted
// from now on.
func (w *Watch) SetForeign(addresses []uint64) {
	w.foreign = map[uint64]bool{}
	for _, address := range addresses {
		w.foreign[address], w.foreign[address+1] = true, true
	}
}

// maxProbed bounds the addresses of one process that the program knows. A process has
// about a hundred; all targets share the map.
const maxProbed = 1024

// markProbed sets the addresses of probes. If the map is full, the cost of hits is not
// measured by samples.
func (w *Watch) markProbed() error {
	marked := 0
	for address := range w.probed {
		if marked++; marked > maxProbed {
			return nil
		}
		err := w.sampler.objects.Probed.Put(bpfProbedKey{Address: address, Tgid: w.tgid()}, uint32(1))
		if errors.Is(err, unix.E2BIG) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("note the probe at %#x: %w", address, err)
		}
	}
	return nil
}

func (w *Watch) tgid() uint32 { return uint32(w.process.PID) }

// Gate sets samples aside while it is shut: from before probes are put on the path of
// every span until after they are removed.
func (w *Watch) Gate(shut bool) error {
	value := uint32(0)
	if shut {
		value = 1
	}
	return w.sampler.objects.Gates.Put(w.tgid(), value)
}

// Close ends the keeping of samples.
func (w *Watch) Close() {
	w.sampler.counts.forget(w.tgid())
	_ = w.sampler.objects.Gates.Delete(w.tgid()) // there may be none
	_ = w.sampler.objects.Counters.Delete(w.tgid())
	for address := range w.probed {
		_ = w.sampler.objects.Probed.Delete(bpfProbedKey{Address: address, Tgid: w.tgid()})
	}
}

// Take returns the samples since the last call. Samples whose leaf is a probed
// instruction, or the byte after it, fell into a hit: they are set aside.
func (w *Watch) Take() (snapshot.Samples, error) { return w.take(0) }

// TakeShared is Take without the most recent samples, which the next call returns: one
// emptying of the map, which all targets share, serves those that ask one after the
// other.
func (w *Watch) TakeShared() (snapshot.Samples, error) { return w.take(sharedAge) }

func (w *Watch) take(age time.Duration) (snapshot.Samples, error) {
	samples := snapshot.Samples{Hz: float64(w.sampler.hz)}
	if err := w.takeUnstacked(&samples); err != nil {
		return snapshot.Samples{}, err
	}
	taken, err := w.sampler.counts.take(w.tgid(), age)
	if err != nil {
		return snapshot.Samples{}, fmt.Errorf("take the samples of pid %d: %w", w.process.PID, err)
	}
	samples.Lost += taken.lost
	at := map[uint64]int{}
	w.rename(taken.age)
	for stack, n := range taken.samples {
		if w.probed[stack.addresses[0]] {
			samples.SetAside += n
			continue
		}
		if w.foreign[stack.addresses[0]] {
			samples.Foreign += n
		}
		named := w.name(stack)
		named.Count = n
		if i, ok := at[named.ID]; ok {
			samples.Stacks[i].Count += n
		} else {
			at[named.ID] = len(samples.Stacks)
			samples.Stacks = append(samples.Stacks, named)
		}
	}
	return samples, nil
}

// takeUnstacked adds the samples that the program has set aside or lost since the last call.
func (w *Watch) takeUnstacked(taken *snapshot.Samples) error {
	var perCPU []bpfUnstacked
	if err := w.sampler.objects.Counters.Lookup(w.tgid(), &perCPU); err != nil {
		return fmt.Errorf("read the samples of pid %d: %w", w.process.PID, err)
	}
	var now bpfUnstacked
	for _, t := range perCPU {
		now.SetAside += t.SetAside
		now.Trapped += t.Trapped
		now.Lost += t.Lost
	}
	taken.SetAside += now.SetAside - w.past.SetAside
	taken.Trapped += now.Trapped - w.past.Trapped
	taken.Lost += now.Lost - w.past.Lost
	w.past = now
	return nil
}

// rename drops the names of stacks that were read before the maps were last emptied.
func (w *Watch) rename(age int) {
	if w.age != age {
		w.age = age
		clear(w.named)
	}
}

// name makes a Stack of a stack's addresses, or returns the one made before at the same
// age of the stack maps.
func (w *Watch) name(s *stack) snapshot.Stack {
	if named, ok := w.named[s]; ok {
		return named
	}
	named := snapshot.NewStack(0, w.process.Frames(s.addresses)...)
	if s.age == w.age { // else this stack number does not come again
		w.named[s] = named
	}
	return named
}
