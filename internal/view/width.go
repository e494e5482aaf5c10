package view

import (
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// widthOf is how wide a clean text is on a terminal. Terminals differ on what is made
// of several characters, such as flags and emoji with a colour of skin: it is the width
// on the one that shows it widest.
func widthOf(text string) int {
	width := 0
	for _, w := range clusters(text) {
		width += w
	}
	return width
}

// shown is how wide a painted line is.
func shown(line string) int { return widthOf(ansi.Strip(line)) }

// clusters yields what a reader takes for the characters of a text, with their widths.
func clusters(text string) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for len(text) > 0 {
			cluster, width := text[:1], 1
			if text[0] >= utf8.RuneSelf || len(text) > 1 && text[1] >= utf8.RuneSelf {
				cluster, width = ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
				width = max(width, ansi.StringWidthWc(cluster))
			}
			if !yield(cluster, width) {
				return
			}
			text = text[len(cluster):]
		}
	}
}

// begin is as much of a clean text, from its start, as fits width columns.
func begin(text string, width int) string {
	end := 0
	for cluster, w := range clusters(text) {
		if width -= w; width < 0 {
			break
		}
		end += len(cluster)
	}
	return text[:end]
}

// cut shortens text to width columns, with an ellipsis for what is gone.
func cut(text string, width int) string {
	text = Sanitize(text)
	switch {
	case width < 1:
		return ""
	case widthOf(text) <= width:
		return text
	}
	return begin(text, width-1) + "…"
}

// pad cuts or fills text to exactly width columns.
func pad(text string, width int) string {
	text = cut(text, width)
	return text + spaces(width-widthOf(text))
}

// padLeft fills text with spaces on its left up to width columns.
func padLeft(text string, width int) string { return spaces(width-widthOf(text)) + text }

// spaces is that many, or none.
func spaces(n int) string { return strings.Repeat(" ", max(0, n)) }
