package view

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// fleet is several targets.
func fleet() []Frame {
	second, third := losing(), attached()
	second.Total.Target.PID, second.Total.Target.ServiceName = 4712, "payments"
	third.Total.Target.PID, third.Total.Target.ServiceName = 90210, "inventory-with-a-very-long-service-name"
	return []Frame{healthy(), second, third}
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
		{"fleet-low", []tea.Msg{framesMsg(fleet()), size(100, 14), tea.KeyPressMsg{Code: tea.KeyUp}}},
		{"help", append([]tea.Msg{framesMsg(fleet())}, press('?')...)},
		{"help-narrow", append([]tea.Msg{framesMsg(fleet()), size(60, 20)}, press('?')...)},
		{"paused", append([]tea.Msg{framesMsg{healthy()}}, press('p')...)},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := after(t, newModel(usual), test.msgs...)
			golden(t, "screen-"+test.name+".txt", m.View().Content)
		})
	}
}

func TestLiveKeepsTheSelectedTarget(t *testing.T) {
	frames := fleet()
	m := after(t, newModel(usual), framesMsg(frames), tea.KeyPressMsg{Code: tea.KeyTab})
	m = after(t, m, framesMsg{frames[2], frames[1], frames[0]})
	if got := m.shown[m.selected()].Total.Target.PID; got != 4712 {
		t.Errorf("the selected target is %d after the order changed, want 4712", got)
	}
	m = after(t, m, framesMsg{frames[2], frames[0]})
	if got := m.selected(); got != 0 {
		t.Errorf("target %d is selected after the selected one went, want the first", got)
	}
	m = after(t, m, framesMsg{}, tea.KeyPressMsg{Code: tea.KeyTab})
	if !strings.Contains(m.View().Content, "waiting") {
		t.Errorf("no target left, but the view is\n%s", m.View().Content)
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
	for _, s := range [][2]int{{200, 60}, {60, 20}, {40, 5}, {30, 8}, {10, 1}, {120, 40}} {
		m = after(t, m, size(s[0], s[1]))
		lines := strings.Split(m.View().Content, "\n")
		if len(lines) > s[1] {
			t.Errorf("%d lines on %dx%d", len(lines), s[0], s[1])
		}
		for _, line := range lines {
			if ansi.StringWidth(line) > max(s[0], minWidth) {
				t.Errorf("%d columns on %dx%d: %s", ansi.StringWidth(line), s[0], s[1], line)
			}
		}
	}
}
