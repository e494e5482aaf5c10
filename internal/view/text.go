package view

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// style highlights text. The words alone carry the meaning.
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

// run is text in one style, not sanitized yet. It reaches the output only through
// paint.
type run struct {
	text  string
	style style
}

// part is a piece of a row that stays on one line.
type part []run

func text(s string) part             { return part{{text: s}} }
func styled(s string, st style) part { return part{{text: s, style: st}} }

// prose returns text as one part per word, so that it wraps between words, but not
// between a number and its percent sign.
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

// maxPieces is how many lines one part takes at most.
const maxPieces = 6

// pieces breaks a part of one style that is wider than width columns, if possible behind a
// slash, a dot or a space. A very long one is cut in its last piece, by paint.
func (s Screen) pieces(p part, width int) []part {
	if len(p) != 1 {
		return []part{p}
	}
	var pieces []part
	rest := s.clean(p[0].text)
	for len(pieces) < maxPieces-1 && widthOf(rest) > width {
		fits := begin(rest, width)
		if fits == "" {
			break // one character is wider than the line
		}
		if at := strings.LastIndexAny(fits, "/. "); at >= len(fits)/2 {
			fits = fits[:at+1]
		}
		pieces = append(pieces, styled(fits, p[0].style))
		rest = rest[len(fits):]
	}
	return append(pieces, styled(rest, p[0].style))
}

// paint renders p for the terminal, cut to width columns.
func (s Screen) paint(p part, width int) string {
	clean := make([]string, len(p))
	needed := 0
	for i, r := range p {
		clean[i] = s.clean(r.text)
		needed += widthOf(clean[i])
	}
	if width < 1 {
		return ""
	}
	room := width
	if needed > width {
		room-- // for the ellipsis
	}
	var b strings.Builder
	for i, r := range p {
		fits := begin(clean[i], room)
		room -= widthOf(fits)
		if len(fits) < len(clean[i]) {
			b.WriteString(s.dress(fits+s.clean("…"), r.style))
			break
		}
		b.WriteString(s.dress(fits, r.style))
	}
	return b.String()
}

// dress gives clean text its style.
func (s Screen) dress(clean string, st style) string {
	if look, ok := styles[st]; ok && s.Color && clean != "" {
		return look.Render(clean)
	}
	return clean
}

// clean returns text that this screen can show.
func (s Screen) clean(text string) string {
	text = Sanitize(text)
	if s.ASCII {
		return toASCII(text)
	}
	return text
}
