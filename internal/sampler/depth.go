package sampler

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf"
)

// ErrCut means that this kernel does not walk a Go program's stack to its end. The
// innermost functions alone do not show what a sample belongs to. Kernel 5.10 on arm64 is
// known to see one or two frames only.
var ErrCut = fmt.Errorf("this kernel sees only the innermost frames of Go stacks; a newer kernel is needed: %w", ebpf.ErrNotSupported)

const (
	// ownDepth is how deep a stack of otwatch itself is made for the trial, and
	// wholeDepth how deep it must be seen to be.
	ownDepth, wholeDepth = 24, 16
	// cutSamples is how many samples without a whole stack prove that stacks are cut.
	cutSamples = 5
	// sliceTime is the CPU time between two checks.
	sliceTime = 10 * time.Millisecond
	// tryLimit bounds the trial on a machine that is too busy for it.
	tryLimit = 3 * time.Second
)

// tryStacks samples otwatch itself, deep in calls, until a stack of that depth has been
// seen, or none in several samples. If there is no sample in time, it proves nothing and
// returns nil.
func (s *Sampler) tryStacks(depth int) error {
	tgid := uint32(os.Getpid())
	s.counts.watch(tgid)
	defer s.counts.forget(tgid)
	err := errors.Join(
		s.objects.Counters.Put(tgid, make([]bpfUnstacked, ebpf.MustPossibleCPU())),
		s.objects.Gates.Put(tgid, uint32(0)))
	defer func() {
		_ = s.objects.Gates.Delete(tgid)
		_ = s.objects.Counters.Delete(tgid)
	}()
	if err != nil {
		return fmt.Errorf("sample otwatch itself: %w", err)
	}
	samples := uint64(0)
	for start := time.Now(); samples < cutSamples && time.Since(start) < tryLimit; {
		workDeep(ownDepth)
		n, deepest, err := s.deepest(tgid)
		if err != nil {
			return err
		}
		if deepest >= depth {
			return nil
		}
		samples += n
	}
	if samples < cutSamples {
		return nil
	}
	return ErrCut
}

// deepest returns how many samples of a process there were since the last call, and the
// number of frames of the deepest stack.
func (s *Sampler) deepest(tgid uint32) (samples uint64, frames int, err error) {
	taken, err := s.counts.take(tgid, 0)
	if err != nil {
		return 0, 0, fmt.Errorf("take the samples of otwatch itself: %w", err)
	}
	for stack, n := range taken.samples {
		samples += n
		frames = max(frames, len(stack.addresses))
	}
	return samples, frames, nil
}

// workDeep uses CPU time below so many calls, little of it in looking at the
// clock, which is code without frames.
//
//go:noinline
func workDeep(calls int) int {
	if calls > 0 {
		return workDeep(calls-1) + 1
	}
	n := 1
	for start := time.Now(); time.Since(start) < sliceTime; {
		for range 10_000 {
			n = n*31 + 7
		}
	}
	return n
}
