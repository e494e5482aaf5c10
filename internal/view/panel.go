package view

import (
	"fmt"
	"slices"
)

// panel shows one subject in full. A key opens it in place of the figures. It scrolls.
type panel struct {
	title  string
	of     func(frame) []row
	indent int  // of the parts
	always bool // it is not about a target
}

// panels has every panel by its key.
var panels = map[string]panel{
	"f": {title: "findings", of: frame.findingsInFull, indent: indent},
	"s": {title: "stages", of: frame.stagesInFull, indent: 16},
	"l": {title: "libraries and their scopes", of: frame.scopesInFull, indent: 2},
	"m": {title: "figures not known", of: frame.missingInFull, indent: 2},
	"?": {title: "help", of: helpRows, indent: indent, always: true},
}

// toggle opens the panel of a key, or closes it where it is open.
func (m *model) toggle(key string) {
	if m.panel == key {
		key = ""
	}
	m.panel, m.scrolled = key, 0
}

// scroll moves the open panel by that many lines.
func (m *model) scroll(by int) {
	m.scrolled = min(max(m.scrolled+by, 0), max(0, len(m.body())-m.room()))
}

// target returns the selected frame, or an empty one if there are no targets.
func (m model) target() frame {
	if len(m.shown) == 0 {
		return frame{}
	}
	return m.shown[m.selected()]
}

// body returns all lines of the open panel.
func (m model) body() []string {
	p := panels[m.panel]
	lines := layout(p.of(m.target()), m.screen.colourless(), p.indent)
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// panelHeader names the panel and the target that it is about.
func (m model) panelHeader() []string {
	p, t := panels[m.panel], m.target()
	head := row{label: "otwatch", style: heading, parts: []part{styled(p.title, heading)}}
	if !p.always {
		head.parts = append(head.parts, text(serviceName(t.Total.Target)), text(fmt.Sprintf("pid %d", t.Total.Target.PID)))
		head.top = m.aside() + elapsed(t.Total.Window.Seconds)
	}
	return layout([]row{head, {rank: blank}}, m.screen.colourless(), indent)
}

// room returns the number of lines of the open panel that fit the screen.
func (m model) room() int {
	if m.screen.Height == 0 {
		return len(m.body())
	}
	const footer = 2 // a blank line and the keys
	return max(1, m.screen.Height-len(m.panelHeader())-footer)
}

// drawPanel draws the open panel, scrolled.
func (m model) drawPanel() []string {
	body, room := m.body(), m.room()
	first := max(0, min(m.scrolled, len(body)-room))
	last := min(first+room, len(body))
	scroll := ""
	if room < len(body) {
		scroll = fmt.Sprintf("lines %d–%d of %d", first+1, last, len(body))
	}
	foot := layout([]row{{rank: blank}, {right: hints(m.screen, m.panelKeys(scroll))}}, m.screen.colourless(), indent)
	lines := slices.Concat(m.panelHeader(), body[first:last], foot)
	if h := m.screen.Height; h > 0 && len(lines) > h {
		lines = append(lines[:h-1], lines[len(lines)-1]) // the keys
	}
	return m.screen.crop(lines)
}
