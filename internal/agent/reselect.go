package agent

import (
	"context"
	"errors"
)

// errReleased is why the watching of a process ends that is no longer selected.
var errReleased = errors.New("it is no longer selected")

// Reselect replaces the selection, except for its PIDs. Targets that stay selected are not
// touched. Those that were selected by their pids stay.
func (f *Fleet) Reselect(selection Selection) {
	selection.PIDs = f.selection.Load().PIDs
	f.selection.Store(&selection)
	select {
	case f.reselected <- struct{}{}:
	default: // the one that is waiting will see this selection
	}
}

// reconsider has everything decided again by a new selection: by the next scan, or for
// targets in the background, because asking container runtimes may take long.
func (f *Fleet) reconsider(ctx context.Context) {
	var pids []int
	for pid, m := range f.members {
		switch {
		case m.asked:
		case m.state == owned:
			pids = append(pids, pid)
		default:
			delete(f.members, pid)
		}
	}
	go func() {
		var unwanted []int
		for _, pid := range pids {
			if wanted, err := f.wants(ctx, pid); !wanted && err == nil {
				unwanted = append(unwanted, pid)
			}
		}
		select {
		case f.unwanted <- unwanted:
		case <-f.closed:
		}
	}()
}

// releaseAll ends the watching of processes that are no longer selected.
func (f *Fleet) releaseAll(pids []int) {
	for _, pid := range pids {
		if m := f.members[pid]; m != nil && m.state == owned && !m.asked {
			f.log.Info("not watched any more", "pid", pid, "why", errReleased)
			m.release(errReleased)
		}
	}
}
