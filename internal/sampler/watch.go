package sampler

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

// maxNames bounds the functions' names that are remembered.
const maxNames = 1 << 14

// Watch takes the samples of one process. Its methods are for one goroutine.
type Watch struct {
	sampler *Sampler
	process *target.Process
	names   map[uint64]string // functions by address
	past    bpfTally          // up to the last Take
}

// Watch begins to keep a process's samples, with the gate open.
func (s *Sampler) Watch(process *target.Process) (*Watch, error) {
	w := &Watch{sampler: s, process: process, names: map[uint64]string{}}
	err := errors.Join(
		s.objects.Tallies.Put(w.tgid(), make([]bpfTally, ebpf.MustPossibleCPU())),
		w.Gate(false))
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("sample pid %d: %w", process.PID, err)
	}
	return w, nil
}

func (w *Watch) tgid() uint32 { return uint32(w.process.PID) }

// Gate sets samples aside while it is shut: from before probes are put on the
// path of every span until after they are removed.
func (w *Watch) Gate(shut bool) error {
	value := uint32(0)
	if shut {
		value = 1
	}
	return w.sampler.objects.Gates.Put(w.tgid(), value)
}

// Close ends the keeping of samples.
func (w *Watch) Close() {
	_ = w.sampler.objects.Gates.Delete(w.tgid()) // where there is none, nothing is to do
	_ = w.sampler.objects.Tallies.Delete(w.tgid())
}

// Take returns the samples since the last call. Those whose leaf is a probed
// instruction, or the one byte behind it, show the probe at work: they are set
// aside.
func (w *Watch) Take(probed map[uint64]bool) (snapshot.Samples, error) {
	taken := snapshot.Samples{Hz: float64(w.sampler.hz)}
	if err := w.takeTally(&taken); err != nil {
		return snapshot.Samples{}, err
	}
	counts, err := w.takeCounts()
	if err != nil {
		return snapshot.Samples{}, err
	}
	at := map[string]int{}
	for id, n := range counts {
		stack, err := w.sampler.stacks.find(id)
		switch {
		case err != nil || len(stack) == 0:
			taken.Lost += n
			continue
		case probed[stack[0]] || probed[stack[0]-1]:
			taken.SetAside += n
			continue
		}
		frames := w.frames(stack)
		key := strings.Join(frames, "\n")
		if i, ok := at[key]; ok {
			taken.Stacks[i].Count += n
		} else {
			at[key] = len(taken.Stacks)
			taken.Stacks = append(taken.Stacks, snapshot.Stack{Frames: frames, Count: n})
		}
	}
	w.sampler.stacks.forget()
	return taken, nil
}

// takeTally adds what the program set aside or lost since the last call.
func (w *Watch) takeTally(taken *snapshot.Samples) error {
	var perCPU []bpfTally
	if err := w.sampler.objects.Tallies.Lookup(w.tgid(), &perCPU); err != nil {
		return fmt.Errorf("read the samples of pid %d: %w", w.process.PID, err)
	}
	var now bpfTally
	for _, t := range perCPU {
		now.SetAside += t.SetAside
		now.Lost += t.Lost
	}
	taken.SetAside += now.SetAside - w.past.SetAside
	taken.Lost += now.Lost - w.past.Lost
	w.past = now
	return nil
}

// takeCounts takes the process's samples out of the map.
func (w *Watch) takeCounts() (map[int32]uint64, error) {
	samples := w.sampler.objects.Samples
	var keys []bpfStackKey
	var key bpfStackKey
	var n uint64
	entries := samples.Iterate()
	for entries.Next(&key, &n) {
		if key.Tgid == w.tgid() {
			keys = append(keys, key)
		}
	}
	if err := entries.Err(); err != nil && !errors.Is(err, ebpf.ErrIterationAborted) {
		return nil, fmt.Errorf("list the samples of pid %d: %w", w.process.PID, err)
	}
	counts := map[int32]uint64{}
	for _, key := range keys {
		err := samples.LookupAndDelete(key, &n)
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			continue // the iteration showed it twice
		}
		if err != nil {
			return nil, fmt.Errorf("take the samples of pid %d: %w", w.process.PID, err)
		}
		counts[key.Stack] += n
	}
	return counts, nil
}

// frames names the functions of a stack. But for the leaf, an address is the one
// that a call returns to, which may be the next function's first.
func (w *Watch) frames(stack []uint64) []string {
	frames := make([]string, len(stack))
	for i, address := range stack {
		if i > 0 {
			address--
		}
		frames[i] = w.name(address)
	}
	return frames
}

// name is the function at an address in the process, "" outside Go code.
func (w *Watch) name(address uint64) string {
	if name, ok := w.names[address]; ok {
		return name
	}
	name := ""
	if function, ok, err := w.process.Binary.FunctionAt(address - w.process.Bias); ok && err == nil {
		name = function.Name
	}
	if len(w.names) >= maxNames {
		clear(w.names)
	}
	w.names[address] = name
	return name
}
