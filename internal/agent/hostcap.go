package agent

import (
	"slices"
	"sync"
	"time"

	"github.com/otwatch/otwatch/internal/budget"
	"github.com/otwatch/otwatch/internal/probes"
)

// HostCap bounds what the probes of all targets together may cost. Safe for concurrent use.
type HostCap struct {
	began time.Time
	mu    sync.Mutex
	host  *budget.Host
}

// NewHostCap returns a cap of a share of the CPU time of so many cores.
func NewHostCap(share float64, cores int) *HostCap {
	standing := 0
	for _, group := range probes.Groups {
		if group.Standing() {
			standing++
		}
	}
	return &HostCap{began: time.Now(), host: budget.NewHost(share, cores, standing)}
}

// SetShare changes the cap.
func (c *HostCap) SetShare(share float64, cores int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.host.SetShare(share, cores)
}

// join adds a process, which is identified by its pid and its start time in clock ticks. If
// it joins again after it has replaced its program, it is the same to the cap.
func (c *HostCap) join(pid int, startTicks uint64) *hostLimit {
	const pidBits = 22 // of linux/threads.h, PID_MAX_LIMIT
	return &hostLimit{cap: c, target: budget.Target(startTicks<<pidBits | uint64(pid))}
}

// hostLimit bounds one target by a HostCap, or does not if there is none.
type hostLimit struct {
	cap    *HostCap
	target budget.Target
	used   budget.Usage // at the last call of limits
	shut   bool         // the cap has once left nothing for the probes that stay open
	waits  bool         // the cap leaves nothing for the probes on the path of every span now
}

// limits lowers the target's own limits to what the cap allows.
func (s *hostLimit) limits(used budget.Usage, limits []time.Duration) []time.Duration {
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

// leave returns what the target has not used. spent is what its probes have spent in the
// end; nil if that cannot be read, and then the last known usage counts.
func (s *hostLimit) leave(spent []time.Duration) {
	if s.cap == nil {
		return
	}
	s.used.Spent = spent
	s.cap.mu.Lock()
	defer s.cap.mu.Unlock()
	s.cap.host.Leave(time.Since(s.cap.began), s.target, s.used)
}
