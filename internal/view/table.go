package view

import (
	"io"
	"strings"
)

// maxCell bounds the width of a cell that others stand behind, in columns.
const maxCell = 120

// Table writes rows of as many cells each, aligned. The last cell of a row is as long
// as its text.
func Table(w io.Writer, rows [][]string) error {
	widths := make([]int, len(rows[0]))
	for _, cells := range rows {
		for c, cell := range cells {
			if cells[c] = Sanitize(cell); c < len(cells)-1 {
				cells[c] = cut(cell, maxCell)
			}
			widths[c] = max(widths[c], widthOf(cells[c]))
		}
	}
	var b strings.Builder
	for _, cells := range rows {
		line := ""
		for c, cell := range cells {
			line += cell + spaces(widths[c]-widthOf(cell)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
