package view

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/term"
)

// ErrQuit says that the user asked to quit.
var ErrQuit = errors.New("quit by the user")

// Run shows the latest of frames, one Frame a target, on the terminal's
// alternate screen. It returns nil when ctx ends or frames is closed, and
// ErrQuit when the user quits. The terminal is then as it was before, and
// nothing reads frames any more. Run takes no signals, so ctx should end on
// them; Ctrl-C is a key here, but a signal again where in is no terminal.
func Run(ctx context.Context, in, out *os.File, frames <-chan []Frame) error {
	keys := tea.WithInput(in)
	if !term.IsTerminal(int(in.Fd())) {
		keys = tea.WithInput(nil)
	}
	p := tea.NewProgram(newModel(ScreenOf(out)), keys, tea.WithOutput(out), tea.WithoutSignalHandler())
	done := make(chan struct{})
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		feed(ctx, done, p, frames)
	}()
	final, err := p.Run()
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

// feed passes frames on until they or ctx end, which ends p, or p is done.
func feed(ctx context.Context, done <-chan struct{}, p *tea.Program, frames <-chan []Frame) {
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

// framesMsg brings the latest Frame of every target.
type framesMsg []Frame

// model is the state of the live view.
type model struct {
	screen Screen
	latest []Frame
	shown  []Frame // latest, or older while paused
	pid    int     // of the selected target: stays with it as others come and go
	paused bool
	help   bool
	quit   bool
}

func newModel(s Screen) model { return model{screen: s} }

func (m model) Init() tea.Cmd { return nil }

func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.screen.Width, m.screen.Height = msg.Width, msg.Height
	case framesMsg:
		m.latest = msg
		if !m.paused {
			m.shown = msg
		}
	case tea.KeyPressMsg:
		return m.press(msg.String())
	}
	return m, nil
}

func (m model) press(key string) (tea.Model, tea.Cmd) {
	switch key {
	case "q", "ctrl+c":
		m.quit = true
		return m, tea.Quit
	case "?":
		m.help = !m.help
	case "space", "p":
		m.paused = !m.paused
		m.shown = m.latest
	case "tab", "down":
		m.move(1)
	case "shift+tab", "up":
		m.move(-1)
	}
	return m, nil
}

// move selects the target that many lines further down, around the end.
func (m *model) move(by int) {
	if n := len(m.shown); n > 0 {
		m.pid = m.shown[(m.selected()+by+n)%n].Total.Target.PID
	}
}

// selected returns the index of the selected target, or of the first one where
// that is gone.
func (m model) selected() int {
	i := slices.IndexFunc(m.shown, func(f Frame) bool { return f.Total.Target.PID == m.pid })
	return max(i, 0)
}

func (m model) View() tea.View {
	v := tea.NewView(m.content())
	v.AltScreen = true
	return v
}

func (m model) content() string {
	switch {
	case m.help:
		return strings.Join(fit(helpRows("? back · q quit"), m.screen), "\n")
	case len(m.shown) == 0:
		waiting := row{label: "otwatch", style: heading, parts: []part{text("waiting for the first figures")}, right: "q quit"}
		return strings.Join(fit([]row{waiting}, m.screen), "\n")
	}
	selected := m.selected()
	list := targets(m.shown, selected, m.screen)
	below := m.screen
	below.Height = max(below.Height-len(list), 1)
	rows := m.shown[selected].rows(m.aside(len(list) > 0), m.keys())
	return strings.Join(append(list, fit(rows, below)...), "\n")
}

// aside is what the header says beside the time: which target is shown, where
// the list of them does not, and that the view is paused.
func (m model) aside(listed bool) string {
	var b strings.Builder
	if len(m.shown) > 1 && !listed {
		fmt.Fprintf(&b, "target %d of %d · ", m.selected()+1, len(m.shown))
	}
	if m.paused {
		b.WriteString("paused · ")
	}
	return b.String()
}

func (m model) keys() string {
	keys := "q quit · ? help"
	if len(m.shown) > 1 {
		keys = "tab next target · " + keys
	}
	return keys
}
