package view

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// style is how text stands out. It never carries meaning alone: the words do.
type style uint8

const (
	plain style = iota
	quiet
	heading
	warning
	critical
)

// The colours are the terminal's own, so that they fit its background.
var styles = map[style]lipgloss.Style{
	quiet:    lipgloss.NewStyle().Faint(true),
	heading:  lipgloss.NewStyle().Bold(true),
	warning:  lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	critical: lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
}

// run is text in one style, not yet sanitized: paint is the only way from a
// run to the output.
type run struct {
	text  string
	style style
}

// part is a piece of a row that stays on one line.
type part []run

func text(s string) part             { return part{{text: s}} }
func styled(s string, st style) part { return part{{text: s, style: st}} }

// prose returns text as one part a word, so that it wraps between words but
// not between a number and its percent sign.
func prose(s string, st style) []part {
	var parts []part
	for _, word := range strings.Fields(Sanitize(s)) {
		if n := len(parts); n > 0 && strings.HasPrefix(word, "%") {
			parts[n-1][0].text += " " + word
			continue
		}
		parts = append(parts, styled(word, st))
	}
	return parts
}

// paint turns p into what the terminal gets, cut to width columns.
func (s Screen) paint(p part, width int) string {
	var b strings.Builder
	for _, r := range p {
		clean := s.clean(r.text)
		if st, ok := styles[r.style]; ok && s.Color && clean != "" {
			clean = st.Render(clean)
		}
		b.WriteString(clean)
	}
	return ansi.Truncate(b.String(), width, s.clean("…"))
}

// clean returns text as this screen can show it.
func (s Screen) clean(text string) string {
	text = Sanitize(text)
	if s.ASCII {
		return toASCII(text)
	}
	return text
}

// cut shortens text to width columns, with an ellipsis for what is gone.
func cut(text string, width int) string { return ansi.Truncate(Sanitize(text), width, "…") }

// pad cuts or fills text to exactly width columns.
func pad(text string, width int) string {
	text = cut(text, width)
	return text + strings.Repeat(" ", width-ansi.StringWidth(text))
}

// padLeft fills text with spaces on its left up to width columns.
func padLeft(text string, width int) string {
	return strings.Repeat(" ", max(0, width-ansi.StringWidth(text))) + text
}
