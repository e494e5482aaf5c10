package view

import "strings"

// opening names the keys that open panels.
var opening = []string{"f findings", "s stages", "l libraries", "m missing"}

// keys names the keys of a target's view or of the table of targets, the most important
// last.
func (m model) keys() (keys []string) {
	switch {
	case len(m.shown) < 2:
		keys = append(keys, opening...)
	case m.opened:
		keys = append(append([]string{"tab next target"}, opening...), "esc back")
	default:
		keys = append(append(keys, opening...), "↑↓ select", "enter open")
	}
	return append(keys, "? help", "q quit")
}

// panelKeys names the keys of a panel. position says which lines of the panel are
// shown; it is "" if the panel does not scroll.
func (m model) panelKeys(position string) (keys []string) {
	if len(m.shown) > 1 && !panels[m.panel].always {
		keys = []string{"tab next target"}
	}
	keys = append(keys, opening...)
	if position != "" {
		keys = append(keys, position, "↑↓ scroll")
	}
	return append(keys, "esc back", "q quit")
}

// hints joins the last keys, as many as fit a line of s.
func hints(s Screen, keys []string) string {
	line := strings.Join(keys, " · ")
	for len(keys) > 1 && widthOf(line)+gap > max(s.Width, minWidth) {
		keys = keys[1:]
		line = strings.Join(keys, " · ")
	}
	return line
}
