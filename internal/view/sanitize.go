package view

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// maxMarks limits the combining marks on one letter, since they are drawn over the
// lines above and below. Languages use four or fewer, except for stacked Tibetan
// letters.
const maxMarks = 6

// Sanitize makes text from an observed process safe to show: it is Printable, and has
// no more than maxMarks combining marks on a letter. One U+FFFD replaces the rest.
func Sanitize(text string) string {
	marks := 0
	return strings.Map(func(r rune) rune {
		if !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
			return r
		}
		switch marks++; {
		case marks <= maxMarks:
			return r
		case marks == maxMarks+1:
			return unicode.ReplacementChar
		}
		return -1
	}, untrusted.Printable(text))
}

// glyphs has an ASCII replacement of the same width for each character that this
// package draws with.
var glyphs = map[string]string{
	"·": "|", "–": "-", "—": "-", "…": "~", "×": "x", "µ": "u", "≈": "~", "≥": ">", "≤": "<", "→": ">", "▸": ">",
	"↑": "^", "↓": "v",
	"▁": "_", "▂": ".", "▃": "-", "▄": "~", "▅": "=", "▆": "+", "▇": "*", "█": "#",
	"▏": " ", "▎": " ", "▍": " ", "▌": "#", "▋": "#", "▊": "#", "▉": "#",
}

// toASCII replaces every character beyond ASCII, by its glyph's replacement or by one
// "?" per column.
func toASCII(text string) string {
	var b strings.Builder
	for cluster, width := range clusters(text) {
		stand, known := glyphs[cluster]
		switch {
		case cluster[0] < utf8.RuneSelf && len(cluster) == 1:
			b.WriteString(cluster)
		case known:
			b.WriteString(stand)
		default:
			b.WriteString(strings.Repeat("?", width))
		}
	}
	return b.String()
}
