package agent

import (
	"slices"
	"sync"
	"time"

	"github.com/otwatch/otwatch/internal/budget"
	"github.com/otwatch/otwatch/internal/probes"
)

// HostCap keeps all targets' probes together under a cap. Safe for concurrent use.
type HostCap struct {
	began time.Time
	mu    sync.Mutex
	host  *budget.Host
}

// NewHostCap returns a cap: a share of the CPU time of that many cores.
func NewHostCap(share float64, cores int) *HostCap {
	standing := 0
	for _, group := range probes.Groups {
		if group.Standing() {
			standing++
		}
	}
	return &HostCap{began: time.Now(), host: budget.NewHost(share, cores, standing)}
}

// join makes room for a process, of which the start time is in clock ticks. One that
// becomes another program, and joins anew, stays the same.
func (c *HostCap) join(pid int, startTicks uint64) *hostShare {
	const pidBits = 22 // of linux/threads.h, PID_MAX_LIMIT
	return &hostShare{cap: c, target: budget.Target(startTicks<<pidBits | uint64(pid))}
}

// hostShare is one target's part of a HostCap, or of none.
type hostShare struct {
	cap    *HostCap
	target budget.Target
	used   budget.Usage // as last told
	shut   bool         // the cap has once left nothing for the probes that stand all the time
	waits  bool         // it leaves nothing for those on the path of every span, now
}

// limits lowers limits to what the cap allows.
func (s *hostShare) limits(used budget.Usage, limits []time.Duration) []time.Duration {
	if s.cap == nil {
		return limits
	}
	s.used = used
	own := slices.Clone(limits)
	s.cap.mu.Lock()
	defer s.cap.mu.Unlock()
	limits = s.cap.host.Limits(time.Since(s.cap.began), s.target, used, limits)
	none := func(group probes.Group) bool {
		return own[group] > used.Spent[group] && limits[group] <= used.Spent[group]
	}
	s.shut, s.waits = s.shut || none(probes.Exports), none(probes.Spans)
	return limits
}

// leave gives the target's part back. Spent is what its probes have in the end; nil,
// where that cannot be read: what was told of them last stands.
func (s *hostShare) leave(spent []time.Duration) {
	if s.cap == nil {
		return
	}
	s.used.Spent = spent
	s.cap.mu.Lock()
	defer s.cap.mu.Unlock()
	s.cap.host.Leave(time.Since(s.cap.began), s.target, s.used)
}
