package view

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/report"
)

// fleet has several targets.
func fleet() []report.Frame {
	second, third := losing(), attached()
	second.Total.Target.PID, second.Total.Target.ServiceName = 4712, "payments"
	third.Total.Target.PID, third.Total.Target.ServiceName = 90210, "inventory-with-a-very-long-service-name"
	return []report.Frame{healthy(), second, third}
}

// after returns m after msgs; whether it wants to quit is in m.quit.
func after(t *testing.T, m tea.Model, msgs ...tea.Msg) model {
	t.Helper()
	for _, msg := range msgs {
		m, _ = m.Update(msg)
	}
	return m.(model)
}

func press(keys ...rune) []tea.Msg {
	var msgs []tea.Msg
	for _, key := range keys {
		msgs = append(msgs, tea.KeyPressMsg{Code: key, Text: string(key)})
	}
	return msgs
}

func size(width, height int) tea.Msg { return tea.WindowSizeMsg{Width: width, Height: height} }

func TestLiveScreens(t *testing.T) {
	for _, test := range []struct {
		name string
		msgs []tea.Msg
	}{
		{"before", nil},
		{"fleet", []tea.Msg{framesMsg(fleet())}},
		{"fleet-second", append([]tea.Msg{framesMsg(fleet())}, tea.KeyPressMsg{Code: tea.KeyDown})},
		{"fleet-opened", []tea.Msg{framesMsg(fleet()), tea.KeyPressMsg{Code: tea.KeyDown}, tea.KeyPressMsg{Code: tea.KeyEnter}}},
		{"fleet-back", []tea.Msg{framesMsg(fleet()), tea.KeyPressMsg{Code: tea.KeyEnter}, tea.KeyPressMsg{Code: tea.KeyEscape}}},
		{"fleet-low", []tea.Msg{framesMsg(fleet()), size(100, 8), tea.KeyPressMsg{Code: tea.KeyUp}}},
		{"fleet-in-pods", []tea.Msg{framesMsg(inPods())}},
		{"help", append([]tea.Msg{framesMsg(fleet())}, press('?')...)},
		{"help-narrow", append([]tea.Msg{framesMsg(fleet()), size(60, 20)}, press('?')...)},
		{"findings", append([]tea.Msg{framesMsg{complete()}}, press('f')...)},
		{"findings-narrow", append([]tea.Msg{framesMsg{complete()}, size(60, 20)}, press('f', 'j', 'j', 'j')...)},
		{"findings-none", append([]tea.Msg{framesMsg{healthy()}}, press('f')...)},
		{"stages", append([]tea.Msg{framesMsg{complete()}}, press('s')...)},
		{"stages-narrow", append([]tea.Msg{framesMsg{complete()}, size(60, 20)}, press('s')...)},
		{"missing", append([]tea.Msg{framesMsg{healthy()}}, press('m')...)},
		{"missing-second", append([]tea.Msg{framesMsg(fleet()), tea.KeyPressMsg{Code: tea.KeyTab}}, press('m')...)},
		{"missing-low", append([]tea.Msg{framesMsg{healthy()}, size(40, 7)}, press('m')...)},
		{"paused", append([]tea.Msg{framesMsg{healthy()}}, press('p')...)},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := after(t, newModel(usual), test.msgs...)
			golden.Equal(t, "screen-"+test.name+".txt", m.View().Content+"\n")
		})
	}
}

// inPods returns the fleet with its first target in a pod.
func inPods() []report.Frame {
	frames := fleet()
	frames[0].Total.Target.Kubernetes = &report.Kubernetes{Namespace: "shop", Pod: "checkout-7d4b9c6f5d-x2x9z", Container: "server"}
	return frames
}

// costing returns a target for each cost of tracing, in cores, with pids from 1 on. The
// cost of a negative one is not known.
func costing(cores ...float64) []report.Frame {
	var frames []report.Frame
	for i, used := range cores {
		f := healthy()
		f.Total.Target.PID = i + 1
		f.Total.CPU.Tracing.Seconds = &estimate.Estimate{Value: used * f.Total.Window.Seconds}
		if used < 0 {
			f.Total.CPU.Tracing.Seconds = nil
		}
		frames = append(frames, f)
	}
	return frames
}

func TestTargetsAreSortedByCost(t *testing.T) {
	frames := costing(0.1, -1, 0.3, 0.2, 0, -1)
	frames[2].Ended = true
	var pids []int
	for _, f := range byCost(frames) {
		pids = append(pids, f.Total.Target.PID)
	}
	if want := []int{4, 1, 5, 2, 6, 3}; !slices.Equal(pids, want) {
		t.Errorf("the order is %v, want %v", pids, want)
	}
}

func TestLiveKeepsTheSelectedTarget(t *testing.T) {
	m := after(t, newModel(usual), framesMsg(costing(0.3, 0.2, 0.1)), tea.KeyPressMsg{Code: tea.KeyTab})
	m = after(t, m, framesMsg(costing(0.3, 0.01, 0.1)))
	if got := m.shown[m.selected()].Total.Target.PID; got != 2 || m.selected() != 2 {
		t.Errorf("the selected target is %d in line %d after the order changed, want 2 in the last", got, m.selected())
	}
	m = after(t, m, framesMsg(costing(0.3)))
	if got := m.selected(); got != 0 {
		t.Errorf("target %d is selected after the selected one went, want the first", got)
	}
	m = after(t, m, framesMsg{}, tea.KeyPressMsg{Code: tea.KeyTab}, tea.KeyPressMsg{Code: tea.KeyEnter})
	if !strings.Contains(m.View().Content, "waiting") {
		t.Errorf("no target left, but the view is\n%s", m.View().Content)
	}
}

// TestLiveOpensOne keeps an opened target open as the order changes.
func TestLiveOpensOne(t *testing.T) {
	enter, escape := tea.KeyPressMsg{Code: tea.KeyEnter}, tea.KeyPressMsg{Code: tea.KeyEscape}
	m := after(t, newModel(usual), framesMsg(costing(0.3, 0.2, 0.1)), enter, framesMsg(costing(0.1, 0.2, 0.3)))
	if view := m.View().Content; !strings.Contains(view, "pid 1 ") || !strings.Contains(view, "target 3 of 3") {
		t.Errorf("opened the first target, but the view is\n%s", view)
	}
	m = after(t, m, escape)
	if view := m.View().Content; !strings.Contains(view, "3 targets watched") {
		t.Errorf("went back, but the view is\n%s", view)
	}
}

// TestManyTargetsScroll shows the selected target wherever it is in the order.
func TestManyTargetsScroll(t *testing.T) {
	frames := costing(make([]float64, 200)...)
	m := after(t, newModel(usual), framesMsg(frames), size(100, 24))
	for range 23 {
		m = after(t, m, tea.KeyPressMsg{Code: tea.KeyPgDown}, tea.KeyPressMsg{Code: tea.KeyDown})
		view := m.View().Content
		if lines := strings.Count(view, "\n") + 1; lines > 24 || strings.Count(view, "▸") != 1 {
			t.Fatalf("%d lines with the selected target %d:\n%s", lines, m.selected(), view)
		}
	}
}

func TestLivePauseHoldsAndResumesWithTheLatest(t *testing.T) {
	m := after(t, newModel(usual), framesMsg{healthy()}, tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}, framesMsg{losing()})
	if strings.Contains(m.View().Content, "30 of") || !strings.Contains(m.View().Content, "paused") {
		t.Errorf("paused, but the view is\n%s", m.View().Content)
	}
	m = after(t, m, press('p')...)
	if !strings.Contains(m.View().Content, "30 of 3,444 failed") {
		t.Errorf("resumed, but the view is\n%s", m.View().Content)
	}
}

// TestLivePanels opens a panel by its key, also from another panel, and closes it by
// the key or by esc.
func TestLivePanels(t *testing.T) {
	escape := tea.KeyPressMsg{Code: tea.KeyEscape}
	for _, test := range []struct {
		name string
		keys []tea.Msg
		want string
	}{
		{"opened", press('f'), "f"},
		{"another", press('f', 's'), "s"},
		{"closed", press('m', 'm'), ""},
		{"closed by esc", append(press('?'), escape), ""},
		{"enter keeps it", append(press('f'), tea.KeyPressMsg{Code: tea.KeyEnter}), "f"},
		{"no panel's key", press('x'), ""},
	} {
		m := after(t, newModel(usual), append([]tea.Msg{framesMsg(fleet())}, test.keys...)...)
		if m.panel != test.want || m.opened {
			t.Errorf("%s: panel %q, target opened %v; want %q", test.name, m.panel, m.opened, test.want)
		}
	}
}

// TestLivePanelScrolls stops at the last line of a panel, shows all lines if the window
// grows, and begins at the first line of another target.
func TestLivePanelScrolls(t *testing.T) {
	down := slices.Repeat(press('j'), 23)
	frames := []report.Frame{healthy(), healthy()}
	frames[1].Total.Target.PID = 4712
	m := after(t, newModel(usual), append(append([]tea.Msg{framesMsg(frames), size(60, 8)}, press('m')...), down...)...)
	view := m.View().Content
	if last := m.body()[len(m.body())-1]; !strings.Contains(view, last) || strings.Contains(view, m.body()[0]) {
		t.Errorf("scrolled to the end, but the view is\n%s", view)
	}
	m = after(t, m, press('k')...)
	if m.View().Content == view {
		t.Errorf("after 23 lines down one line up changes nothing:\n%s", view)
	}
	m = after(t, m, size(100, 40))
	if view := m.View().Content; !strings.Contains(view, m.body()[0]) {
		t.Errorf("all lines have room, but the view is\n%s", view)
	}
	m = after(t, m, size(60, 8), tea.KeyPressMsg{Code: tea.KeyTab})
	if view := m.View().Content; !strings.Contains(view, m.body()[0]) || !strings.Contains(view, "4712") {
		t.Errorf("another target is not shown from its first line:\n%s", view)
	}
}

func TestLiveQuits(t *testing.T) {
	for _, key := range []tea.KeyPressMsg{{Code: 'q', Text: "q"}, {Code: 'c', Mod: tea.ModCtrl}} {
		m, cmd := newModel(usual).Update(key)
		if !m.(model).quit || cmd == nil {
			t.Errorf("%v does not quit", key)
		}
	}
}

func TestLiveFollowsResizes(t *testing.T) {
	m := after(t, newModel(usual), append([]tea.Msg{framesMsg(fleet())}, press('p')...)...)
	for _, key := range "pfsm?" {
		m = after(t, m, press(key)...)
		followsResizes(t, m)
	}
}

// followsResizes checks that the view fits the window, and that a panel's last line has
// its keys.
func followsResizes(t *testing.T, m model) {
	t.Helper()
	for _, s := range [][2]int{{200, 60}, {60, 20}, {40, 5}, {30, 8}, {10, 1}, {120, 40}} {
		m = after(t, m, size(s[0], s[1]))
		lines := strings.Split(m.View().Content, "\n")
		if len(lines) > s[1] {
			t.Errorf("%d lines on %dx%d", len(lines), s[0], s[1])
		}
		if last := lines[len(lines)-1]; m.panel != "" && s[0] >= minWidth && !strings.HasSuffix(last, "q quit") {
			t.Errorf("no keys, but %q at the end of %dx%d", last, s[0], s[1])
		}
		for _, line := range lines {
			if ansi.StringWidth(line) > s[0] {
				t.Errorf("%d columns on %dx%d: %s", ansi.StringWidth(line), s[0], s[1], line)
			}
		}
	}
}
