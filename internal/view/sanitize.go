package view

import (
	"strings"
	"unicode"
)

// Sanitize makes text from an observed process safe to print: whatever a
// terminal could take for a command (C0 and C1 controls, DEL), and what could
// reorder or hide text (bidirectional overrides, zero-width and other format
// characters), becomes U+FFFD, and every kind of white space a space.
func Sanitize(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		default:
			return unicode.ReplacementChar
		}
	}, text)
}

// glyphs are the characters this package draws with and what stands for each,
// in the same width, where only ASCII can be shown.
var glyphs = map[rune]rune{
	'·': '|', '–': '-', '—': '-', '…': '~', '×': 'x', 'µ': 'u', '≈': '~', '≥': '>', '≤': '<', '→': '>', '▸': '>',
	'↑': '^', '↓': 'v',
	'▁': '_', '▂': '.', '▃': '-', '▄': '~', '▅': '=', '▆': '+', '▇': '*', '█': '#',
	'▏': ' ', '▎': ' ', '▍': ' ', '▌': '#', '▋': '#', '▊': '#', '▉': '#',
}

// toASCII replaces every character beyond ASCII, by its stand-in or by "?".
func toASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r <= unicode.MaxASCII {
			return r
		}
		if stand, ok := glyphs[r]; ok {
			return stand
		}
		return '?'
	}, text)
}
