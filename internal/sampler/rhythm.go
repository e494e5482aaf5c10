package sampler

import (
	"fmt"
	"math/rand/v2"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// variation is how much longer or shorter than its average the time between two
	// samples is, at most.
	variation = 0.1
	// variedEvery is how long that time stays the same: long enough that the samples of
	// nearly every such period fall on many points of a program's cycle, and short
	// enough that the one period in fifty where they do not matters little.
	variedEvery = time.Second
)

// rhythm varies the time between samples. Otherwise a program that works by the clock,
// for example 52 requests a second at 156 samples a second, would always be sampled at
// the same three points of its work: of its CPU time a sixth was seen.
type rhythm struct {
	events []int // perf events' descriptors
	hz     int
	stop   chan struct{}
	done   chan error
}

// vary begins to vary the time. The events must stay open until end has returned.
func vary(events []int, hz int) *rhythm {
	r := &rhythm{events: events, hz: hz, stop: make(chan struct{}), done: make(chan error, 1)}
	go func() { r.done <- r.run() }()
	return r
}

// end stops varying and returns any error.
func (r *rhythm) end() error {
	close(r.stop)
	return <-r.done
}

func (r *rhythm) run() error {
	tick := time.NewTicker(variedEvery)
	defer tick.Stop()
	for {
		select {
		case <-r.stop:
			return nil
		case <-tick.C:
		}
		for _, event := range r.events {
			if err := setPeriod(event, period(r.hz)); err != nil {
				return fmt.Errorf("vary the time between samples: %w", err)
			}
		}
	}
}

// period chooses, at random, the nanoseconds between two samples.
func period(hz int) uint64 {
	return uint64(float64(time.Second) / float64(hz) * (1 + variation*(2*rand.Float64()-1)))
}

// setPeriod sets the nanoseconds before the next sample of an event, and between later
// ones.
func setPeriod(event int, nanoseconds uint64) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(event), unix.PERF_EVENT_IOC_PERIOD, uintptr(unsafe.Pointer(&nanoseconds)))
	if errno != 0 {
		return errno
	}
	return nil
}
