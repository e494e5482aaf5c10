package view

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// maxMarks bounds the marks on one letter, which are drawn over what is above and below
// it. Languages have four or fewer, the letters that Tibetan stacks excepted.
const maxMarks = 6

// Sanitize makes text from an observed process safe to show: Printable, and with no
// more marks on a letter than maxMarks: one U+FFFD stands for the rest.
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

// glyphs are the characters this package draws with and what stands for each,
// in the same width, where only ASCII can be shown.
var glyphs = map[string]string{
	"·": "|", "–": "-", "—": "-", "…": "~", "×": "x", "µ": "u", "≈": "~", "≥": ">", "≤": "<", "→": ">", "▸": ">",
	"↑": "^", "↓": "v",
	"▁": "_", "▂": ".", "▃": "-", "▄": "~", "▅": "=", "▆": "+", "▇": "*", "█": "#",
	"▏": " ", "▎": " ", "▍": " ", "▌": "#", "▋": "#", "▊": "#", "▉": "#",
}

// toASCII replaces every character beyond ASCII, by its stand-in or by as many "?" as it
// has columns.
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
