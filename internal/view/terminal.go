package view

import (
	"sync"

	tea "charm.land/bubbletea/v2"
)

// Terminal is the one that Run has, while it runs. The zero value is ready for it.
type Terminal struct {
	mu      sync.Mutex
	program *tea.Program // nil: it does not run
}

// Lend has the terminal as it was before Run while f runs.
func (t *Terminal) Lend(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.program == nil {
		f()
		return
	}
	released := t.program.ReleaseTerminal() == nil
	f()
	if released {
		_ = t.program.RestoreTerminal() // what cannot be drawn on shows as an error of Run
	}
}

func (t *Terminal) use(p *tea.Program) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.program = p
}
