package agent

import (
	"sync"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// selfAge is how long a reading of otwatch's own memory is reused, for all targets.
const selfAge = 500 * time.Millisecond

// guarding measures the process that guards probes.
type guarding interface {
	GuardCPU() time.Duration
	GuardResident() uint64
}

// selfMeter measures what otwatch itself uses, including the process that guards its probes.
// Safe for concurrent use; the zero value is ready for it.
type selfMeter struct {
	guard guarding // nil: there is none

	mu     sync.Mutex
	readAt time.Time
	rss    uint64
}

// resident is otwatch's resident memory in bytes, as last read; 0 if it could never be read.
func (m *selfMeter) resident() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.readAt) < selfAge {
		return m.rss
	}
	m.readAt = time.Now()
	self, err := procfs.Self()
	if err != nil {
		return m.rss
	}
	if stat, err := self.Stat(); err == nil {
		m.rss = uint64(stat.ResidentMemory())
		if m.guard != nil {
			m.rss += m.guard.GuardResident()
		}
	}
	return m.rss
}

// cpu is the CPU time that otwatch has used.
func (m *selfMeter) cpu() time.Duration {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	used := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	if m.guard != nil {
		used += m.guard.GuardCPU()
	}
	return used
}
