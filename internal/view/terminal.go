package view

import (
	"sync"

	tea "charm.land/bubbletea/v2"
)

// Terminal is the terminal that Run draws on. The zero value is ready to use.
type Terminal struct {
	mu      sync.Mutex
	program *tea.Program // nil while Run does not run
}

// Lend restores the terminal to its state before Run while f runs.
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
		_ = t.program.RestoreTerminal() // a failure shows as an error of Run
	}
}

func (t *Terminal) use(p *tea.Program) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.program = p
}
