package sampler

import (
	"fmt"
	"math/rand/v2"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// variation is by how much the time between two samples is longer or shorter
	// than it should be.
	variation = 0.1
	// variedEvery is how long it stays the same: long enough for each stretch by
	// itself to meet a program's rhythm at many places, and short enough for the
	// one stretch in fifty that does not, to matter little.
	variedEvery = time.Second
)

// rhythm varies how long it takes from one sample to the next. A program that works
// by the clock as well, 52 requests a second at 156 samples, say, would be met at
// the same three places of its work for good: of its CPU time a sixth was seen.
type rhythm struct {
	events []int // perf events' descriptors
	hz     int
	stop   chan struct{}
	done   chan error
}

// vary begins to. The events must stay open until end has returned.
func vary(events []int, hz int) *rhythm {
	r := &rhythm{events: events, hz: hz, stop: make(chan struct{}), done: make(chan error, 1)}
	go func() { r.done <- r.run() }()
	return r
}

// end returns what has gone wrong.
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

// period draws the nanoseconds from one sample to the next.
func period(hz int) uint64 {
	return uint64(float64(time.Second) / float64(hz) * (1 + variation*(2*rand.Float64()-1)))
}

// setPeriod has the next sample of an event taken after so many nanoseconds, and
// those that follow.
func setPeriod(event int, nanoseconds uint64) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(event), unix.PERF_EVENT_IOC_PERIOD, uintptr(unsafe.Pointer(&nanoseconds)))
	if errno != 0 {
		return errno
	}
	return nil
}
