package subject

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// cpuClock reads the CPU time that all threads of a process have used, those
// that have ended included.
func cpuClock(pid int) (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(clockOf(pid), &t); err != nil {
		return 0, fmt.Errorf("read the CPU clock of pid %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// clockOf is the id of a process's CPU clock, as clock_getcpuclockid(3) makes
// it: the pid's complement above three bits, CPUCLOCK_SCHED in them.
func clockOf(pid int) int32 {
	const cpuclockSched = 2
	return int32(^pid<<3 | cpuclockSched)
}
