package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/report"
)

// framesMsg is the latest frame of every target.
type framesMsg []report.Frame

// model is the state of the live view.
type model struct {
	screen   Screen
	latest   []frame
	shown    []frame // latest, or an older one while paused
	chosen   chosen  // the selected target
	opened   bool    // the view of the selected target replaces the table
	panel    string  // the key of the open panel; "" is none
	scrolled int     // lines of the open panel above the screen
	paused   bool
	quit     bool
}

// chosen identifies a target. A process that replaced its program by exec is a new
// target.
type chosen struct {
	pid   int
	start time.Time
}

func (f frame) chosen() chosen { return chosen{f.Total.Target.PID, f.Total.Window.Start} }

func newModel(s Screen) model { return model{screen: s} }

func (m model) Init() tea.Cmd { return nil }

func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.screen.Width, m.screen.Height = msg.Width, msg.Height
	case framesMsg:
		m.latest = byCost(msg)
		if !m.paused {
			m.shown = m.latest
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
	case "ctrl+z":
		return m, suspend
	case "space", "p":
		m.paused = !m.paused
		m.shown = m.latest
	case "tab":
		m.move(1)
	case "shift+tab":
		m.move(-1)
	case "down", "j":
		m.down(1)
	case "up", "k":
		m.down(-1)
	case "pgdown":
		m.down(max(1, m.screen.Height/2))
	case "pgup":
		m.down(-max(1, m.screen.Height/2))
	case "enter":
		m.open()
	case "esc", "backspace":
		m.back()
	default:
		if _, opens := panels[key]; opens {
			m.toggle(key)
		}
	}
	return m, nil
}

// suspend does what a terminal in cooked mode does on Ctrl-Z.
func suspend() tea.Msg {
	_ = unix.Kill(0, unix.SIGTSTP)
	return nil
}

// down scrolls the open panel, or else moves the selection, by that many lines.
func (m *model) down(by int) {
	if m.panel != "" {
		m.scroll(by)
	} else {
		m.move(by)
	}
}

// move selects the target that many lines further down. A move by one line wraps around
// at the ends.
func (m *model) move(by int) {
	n := len(m.shown)
	if n == 0 {
		return
	}
	at := m.selected() + by
	if by == 1 || by == -1 {
		at = (at + n) % n
	}
	m.chosen, m.scrolled = m.shown[min(max(at, 0), n-1)].chosen(), 0
}

// open shows the selected target's own view.
func (m *model) open() {
	if len(m.shown) > 0 && m.panel == "" {
		m.chosen, m.opened = m.shown[m.selected()].chosen(), true
	}
}

// back closes the open panel, or else returns from a target's own view to the table.
func (m *model) back() {
	if m.panel != "" {
		m.toggle(m.panel)
	} else {
		m.opened = false
	}
}

// selected returns the index of the selected target, or 0 if that target is gone.
func (m model) selected() int {
	i := slices.IndexFunc(m.shown, func(f frame) bool { return f.chosen() == m.chosen })
	return max(i, 0)
}

func (m model) View() tea.View {
	v := tea.NewView(m.content())
	v.AltScreen = true
	return v
}

func (m model) content() string {
	switch {
	case len(m.shown) == 0 && !panels[m.panel].always:
		waiting := row{label: "otwatch", style: heading, parts: []part{text("waiting for the first figures")}, right: "q quit"}
		return strings.Join(fit([]row{waiting}, m.screen), "\n")
	case m.panel != "":
		return strings.Join(m.drawPanel(), "\n")
	case len(m.shown) > 1 && !m.opened:
		return strings.Join(m.table(), "\n")
	}
	return Render(report.Frame(m.target()), m.aside(), m.keys(), m.screen)
}

// table is the view of all targets.
func (m model) table() []string {
	selected := m.selected()
	head := fit([]row{hostHeader(m.shown, m.aside()), {rank: blank}}, m.screen)
	foot := fit([]row{{rank: blank}, hostFooter(m.shown, hints(m.screen, m.keys()))}, m.screen)
	if m.screen.Height == 0 {
		return slices.Concat(head, targetTable(m.shown, selected, m.screen, 0), foot)
	}
	room := m.screen.Height - len(head) - len(foot)
	if room < 3 { // the names of the columns and two targets
		return fit([]row{hostHeader(m.shown, m.aside())}, m.screen)
	}
	return slices.Concat(head, targetTable(m.shown, selected, m.screen, room), foot)
}

// aside is the text before the time in the header: which target is shown, and whether
// the view is paused.
func (m model) aside() string {
	var b strings.Builder
	if len(m.shown) > 1 && m.opened {
		fmt.Fprintf(&b, "target %d of %d · ", m.selected()+1, len(m.shown))
	}
	if m.paused {
		b.WriteString("paused · ")
	}
	return b.String()
}
