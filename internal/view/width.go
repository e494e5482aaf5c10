package view

import (
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// widthOf returns the width of clean text on a terminal. Terminals differ on clusters
// of several characters, such as flags and emoji with a skin tone; the result is the
// greatest of the widths.
func widthOf(text string) int {
	width := 0
	for _, w := range clusters(text) {
		width += w
	}
	return width
}

// shown returns the width of a painted line.
func shown(line string) int { return widthOf(ansi.Strip(line)) }

// clusters yields the grapheme clusters of a text with their widths.
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

// begin returns the longest beginning of a clean text that fits width columns.
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

// cut shortens text to width columns; an ellipsis replaces the rest.
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

// padRight fills text with spaces up to width columns, without cutting it.
func padRight(text string, width int) string {
	text = Sanitize(text)
	return text + spaces(width-widthOf(text))
}

// padLeft fills text on the left with spaces up to width columns.
func padLeft(text string, width int) string { return spaces(width-widthOf(text)) + text }

// spaces returns n spaces; none if n is negative.
func spaces(n int) string { return strings.Repeat(" ", max(0, n)) }
