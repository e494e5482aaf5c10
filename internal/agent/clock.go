package agent

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpuClock is the kernel's clock of a process's CPU time. The budget reads it every
// second: it is one system call, while /proc/PID/stat is three, and 52 numbers to parse.
type cpuClock struct {
	id    int32
	ended func() bool // from then on the pid may stand for another process
	began time.Duration
	last  time.Duration // CPU time since start; its final value once the process has ended
}

// start begins to count, until ended returns true.
func (c *cpuClock) start(pid int, ended func() bool) {
	const wholeProcess = 2 // CPUCLOCK_SCHED of linux/posix-timers_types.h
	c.id = int32(^pid)<<3 | wholeProcess
	c.ended = ended
	c.began = 0
	c.began = c.used()
	c.last = 0
}

// used is the CPU time since start.
func (c *cpuClock) used() time.Duration {
	if now, ok := c.read(); ok && !c.ended() {
		c.last = max(c.last, now)
	}
	return c.last
}

// read is the CPU time since start of the process that has the pid now. A zombie has it still.
func (c *cpuClock) read() (used time.Duration, ok bool) {
	var now unix.Timespec
	err := unix.ClockGettime(c.id, &now)
	return time.Duration(now.Nano()) - c.began, err == nil
}

// sinceBoot is the time on the clock of the start times of processes, CLOCK_BOOTTIME.
func sinceBoot() time.Duration {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return 0
	}
	return time.Duration(now.Nano())
}

// monotonicNS is the time on the clock of the probes' records, CLOCK_MONOTONIC.
func monotonicNS() uint64 {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return 0
	}
	return uint64(now.Nano())
}
