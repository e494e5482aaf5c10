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
	// reserved is the part of the places, one over it, that a user gets only while it
	// has fewer than are free: so whatever one user starts, there is room for the next.
	reserved = 4
)

// errNoPlace says that a process is not watched because others are.
var errNoPlace = errors.New("no place")

// places shares out the places of targets between the users whose processes they are,
// by uid. Three quarters go to whoever comes first. Of the rest a user gets a place
// while it has fewer than are free: one that fills three quarters by itself gets no
// more, the next one may have 128, and one after that 64. Safe for concurrent use.
type places struct {
	log *slog.Logger

	mu     sync.Mutex
	owners map[int]uint32 // by the pids of those that have one
	owned  map[uint32]int // by uid
	told   bool           // that there is none, once
}

func newPlaces(log *slog.Logger) *places {
	return &places{log: log, owners: map[int]uint32{}, owned: map[uint32]int{}}
}

// take takes a place for a process, unless it has one. A process that was asked for by
// its pid gets any that is free.
func (p *places) take(pid int, uid uint32, asked bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, has := p.owners[pid]; has {
		return nil
	}
	if err := p.refuse(uid, asked); err != nil {
		if !p.told {
			p.told = true
			p.log.Warn("some processes are not watched", "pid", pid, "why", err)
		}
		return err
	}
	p.owners[pid] = uid
	p.owned[uid]++
	return nil
}

// refuse says why there is no place for a user's process.
func (p *places) refuse(uid uint32, asked bool) error {
	free := maxTargets - len(p.owners)
	switch {
	case free == 0:
		return fmt.Errorf("%w: %d processes are already watched, the maximum; use --exclude to leave some out", errNoPlace, maxTargets)
	case asked || free > maxTargets/reserved || p.owned[uid] < free:
		return nil
	}
	return fmt.Errorf("%w: %d processes of user %d are already watched, and the %d of %d free places are reserved for other users; use --exclude to leave some out",
		errNoPlace, p.owned[uid], uid, free, maxTargets)
}

// place takes a place for a member, and returns the user whose process it is.
func (f *Fleet) place(m *member) (uid uint32, err error) {
	if uid, err = target.Owner(m.pid); err != nil {
		return 0, err
	}
	return uid, f.places.take(m.pid, uid, m.asked)
}

// hurryPlaceless has the next scan look for a place again for those that have none.
func (f *Fleet) hurryPlaceless() {
	for _, m := range f.members {
		if errors.Is(m.why, errNoPlace) {
			m.retry = firstRetry
			m.tried = time.Time{}
		}
	}
}

// leave gives a process's place back, and reports whether it had one.
func (p *places) leave(pid int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	uid, has := p.owners[pid]
	if !has {
		return false
	}
	delete(p.owners, pid)
	if p.owned[uid]--; p.owned[uid] == 0 {
		delete(p.owned, uid)
	}
	return true
}
