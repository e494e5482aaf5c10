package agent

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/otwatch/otwatch/internal/target"
)

const (
	// maxTargets is how many processes are watched at once: MAX_TARGETS of bpf/maps.h
	// and bpf/sampler.bpf.c.
	maxTargets = 1024
	// reserved is the part of the slots, one over it, that a user gets only while it
	// has fewer slots than are free: however many processes one user starts, there is
	// room for the next user's.
	reserved = 4
)

// errNoSlot means that as many processes are watched as can be, or as one user may have.
var errNoSlot = errors.New("no free slot")

// slots divides the slots for targets between the users who run the processes. Three
// quarters go to whoever comes first. Of the rest a user gets a slot while it has fewer
// than are free: a user that has filled three quarters gets no more, the next user may
// have 128, and the one after that 64. Safe for concurrent use.
type slots struct {
	log *slog.Logger

	mu     sync.Mutex
	owners map[int]uint32 // uid by pid, of the processes that have a slot
	owned  map[uint32]int // slots by uid
	warned bool           // that there is none, once
}

func newSlots(log *slog.Logger) *slots {
	return &slots{log: log, owners: map[int]uint32{}, owned: map[uint32]int{}}
}

// take takes a slot for a process, unless it has one. A process that was asked for by
// its pid gets any free slot.
func (s *slots) take(pid int, uid uint32, asked bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, has := s.owners[pid]; has {
		return nil
	}
	if err := s.refuse(uid, asked); err != nil {
		if !s.warned {
			s.warned = true
			s.log.Warn("some processes are not watched", "pid", pid, "why", err)
		}
		return err
	}
	s.owners[pid] = uid
	s.owned[uid]++
	return nil
}

// refuse returns why there is no slot for a user's process, nil if there is one.
func (s *slots) refuse(uid uint32, asked bool) error {
	free := maxTargets - len(s.owners)
	switch {
	case free == 0:
		return fmt.Errorf("%w: %d processes are already watched, the maximum; use --exclude to leave some out", errNoSlot, maxTargets)
	case asked || free > maxTargets/reserved || s.owned[uid] < free:
		return nil
	}
	return fmt.Errorf("%w: %d processes of user %d are already watched, and the %d of %d free slots are reserved for other users; use --exclude to leave some out",
		errNoSlot, s.owned[uid], uid, free, maxTargets)
}

// free frees a process's slot, and reports whether it had one.
func (s *slots) free(pid int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	uid, has := s.owners[pid]
	if !has {
		return false
	}
	delete(s.owners, pid)
	if s.owned[uid]--; s.owned[uid] == 0 {
		delete(s.owned, uid)
	}
	return true
}

// takeSlot takes a slot for a member, and returns the user who runs the process.
func (f *Fleet) takeSlot(m *member) (uid uint32, err error) {
	if uid, err = target.Owner(m.pid); err != nil {
		return 0, err
	}
	return uid, f.slots.take(m.pid, uid, m.asked)
}

// retrySlotless has the next scan try the members again that got no slot.
func (f *Fleet) retrySlotless() {
	for _, m := range f.members {
		if errors.Is(m.why, errNoSlot) {
			m.retry = firstRetry
			m.tried = time.Time{}
		}
	}
}
