package view

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/term"

	"github.com/otwatch/otwatch/internal/report"
)

// ErrQuit says that the user asked to quit.
var ErrQuit = errors.New("quit by the user")

// framesPerSecond is how often the screen is compared with what it should show, which costs a
// wake-up each time even if nothing has changed. A key is answered within a tenth of a second.
const framesPerSecond = 10

// Terminal is the terminal that Run draws on. The zero value is ready to use.
type Terminal struct {
	mu      sync.Mutex
	program *tea.Program // nil while Run does not run
}

// Run shows the latest frames, one per target, on the terminal's alternate screen. It
// returns nil when ctx ends or frames is closed, and ErrQuit when the user quits. It
// restores the terminal, and then nothing reads frames any more. Run handles no
// signals, so ctx should end on them. Ctrl-C and Ctrl-Z are keys here, but signals if
// in is not a terminal.
func (t *Terminal) Run(ctx context.Context, in, out *os.File, frames <-chan []report.Frame) error {
	keys := tea.WithInput(in)
	if !term.IsTerminal(int(in.Fd())) {
		keys = tea.WithInput(nil)
	}
	p := tea.NewProgram(newModel(ScreenOf(out)), keys, tea.WithOutput(out), tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond))
	done := make(chan struct{})
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		feed(ctx, done, p, frames)
	}()
	t.use(p)
	final, err := p.Run()
	t.use(nil)
	close(done)
	<-fed
	if err != nil {
		return fmt.Errorf("live view: %w", err)
	}
	if final.(model).quit {
		return ErrQuit
	}
	return nil
}

// feed passes frames on until p is done. It quits p when frames is closed or ctx ends.
func feed(ctx context.Context, done <-chan struct{}, p *tea.Program, frames <-chan []report.Frame) {
	for {
		select {
		case f, ok := <-frames:
			if !ok {
				p.Quit()
				return
			}
			p.Send(framesMsg(f))
		case <-ctx.Done():
			p.Quit()
			return
		case <-done:
			return
		}
	}
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
