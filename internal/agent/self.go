package agent

import (
	"sync"
	"time"

	"github.com/prometheus/procfs"
)

// selfAge is for how long a reading of otwatch's own memory is good: there is one for
// all targets.
const selfAge = 500 * time.Millisecond

// selfMeter reads what otwatch itself holds. Safe for concurrent use; the zero value
// is ready for it.
type selfMeter struct {
	mu     sync.Mutex
	readAt time.Time
	rss    uint64
}

// resident is otwatch's resident memory in bytes, as last read; 0 if it never could
// be.
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
	}
	return m.rss
}
