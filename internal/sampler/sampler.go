package sampler

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/rlimit"
	"golang.org/x/sys/unix"
)

const (
	// Bounds of the sampling frequency. Up to 999 Hz a busy target's run time was not
	// measurably longer; at 4,999 Hz it was 8 % longer, which is 16 µs a sample.
	minHz, MaxHz = 19, 999
	// budgetShare is the part of a target's budget that sampling may use.
	budgetShare = 0.25
	// minKeep is the least time between two emptyings of the map without a request.
	minKeep = 100 * time.Millisecond
)

// SampleCost is the CPU time that a sample costs the target at most.
const SampleCost = 16 * time.Microsecond

// Hz is the highest frequency whose samples fit into sampling's part of a budget, which
// is a share of the target's CPU time.
func Hz(budget float64) int {
	return int(min(max(budget*budgetShare/SampleCost.Seconds(), minHz), MaxHz))
}

// Sampler samples the whole machine, and keeps the samples of watched processes.
type Sampler struct {
	hz      int
	objects bpfObjects
	events  []int // perf events' descriptors, one a CPU
	rhythm  *rhythm
	counts  *counts
	stop    chan struct{}  // closed to stop counts.keep
	keeping sync.WaitGroup // the goroutine that empties the map of samples
}

// New starts sampling at a frequency, after it has checked that stacks are complete on
// this machine.
func New(hz int) (_ *Sampler, err error) {
	s := &Sampler{hz: hz, stop: make(chan struct{})}
	if err := rlimit.RemoveMemlock(); err != nil {
		return nil, fmt.Errorf("lift the limit on locked memory: %w; grant CAP_SYS_RESOURCE, run as root, or raise it (systemd: LimitMEMLOCK=infinity)", err)
	}
	if err := load(&s.objects); err != nil {
		return nil, fmt.Errorf("load the sampling program: %w; grant CAP_BPF and CAP_PERFMON, or run as root", err)
	}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	stacks := &stackCache{stacks: s.objects.Stacks, spare: s.objects.Spare, known: map[int32]*stack{}}
	s.counts = &counts{samples: s.objects.Samples, stacks: stacks, paused: s.paused, pending: map[uint32]*taken{}}
	for cpu := range ebpf.MustPossibleCPU() {
		if err := s.sampleCPU(cpu); err != nil {
			return nil, err
		}
	}
	s.rhythm = vary(s.events, s.hz)
	s.keeping.Go(func() { s.counts.keep(keepInterval(s.hz, len(s.events)), s.stop) })
	if err := s.tryStacks(wholeDepth); err != nil {
		return nil, err
	}
	return s, nil
}

// keepInterval is the time in which all CPUs take as many samples as would fill the maps
// of stacks if each had another stack, but not so short that it would cost much.
func keepInterval(hz, cpus int) time.Duration {
	return max(time.Duration(maxKnown)*time.Second/time.Duration(hz*max(1, cpus)), minKeep)
}

// sampleCPU starts sampling on one CPU, unless it is offline.
func (s *Sampler) sampleCPU(cpu int) error {
	attr := unix.PerfEventAttr{
		Type: unix.PERF_TYPE_SOFTWARE, Config: unix.PERF_COUNT_SW_CPU_CLOCK,
		Sample: period(s.hz),
	}
	event, err := unix.PerfEventOpen(&attr, -1, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if errors.Is(err, unix.ENODEV) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sample CPU %d: %w%s", cpu, err, paranoia(err))
	}
	s.events = append(s.events, event)
	if err := unix.IoctlSetInt(event, unix.PERF_EVENT_IOC_SET_BPF, s.objects.Sample.FD()); err != nil {
		return fmt.Errorf("attach the sampling program on CPU %d: %w", cpu, err)
	}
	if err := unix.IoctlSetInt(event, unix.PERF_EVENT_IOC_ENABLE, 0); err != nil {
		return fmt.Errorf("start sampling on CPU %d: %w", cpu, err)
	}
	return nil
}

// paused calls do while no CPU takes a sample.
func (s *Sampler) paused(do func() error) error {
	err := s.control(unix.PERF_EVENT_IOC_DISABLE)
	if err == nil {
		err = do()
	}
	return errors.Join(err, s.control(unix.PERF_EVENT_IOC_ENABLE))
}

// control applies one request to the events of all CPUs.
func (s *Sampler) control(request uint) error {
	for _, event := range s.events {
		if err := unix.IoctlSetInt(event, request, 0); err != nil {
			return fmt.Errorf("pause sampling: %w", err)
		}
	}
	return nil
}

// paranoia is what to do about a refusal.
func paranoia(err error) string {
	if !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EPERM) {
		return ""
	}
	level, readErr := os.ReadFile("/proc/sys/kernel/perf_event_paranoid")
	if n, convErr := strconv.Atoi(strings.TrimSpace(string(level))); readErr == nil && convErr == nil && n > 2 {
		return fmt.Sprintf("; kernel.perf_event_paranoid is %d: set it to 2, or grant CAP_SYS_ADMIN", n)
	}
	return "; grant CAP_PERFMON, or run as root"
}

// Close stops sampling.
func (s *Sampler) Close() error {
	var errs []error
	if s.rhythm != nil {
		close(s.stop)
		s.keeping.Wait()
		errs = append(errs, s.rhythm.end())
		s.rhythm = nil
	}
	for _, event := range s.events {
		errs = append(errs, unix.Close(event))
	}
	s.events = nil
	return errors.Join(append(errs, s.objects.Close())...)
}
