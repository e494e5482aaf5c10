package view

import (
	"io"
	"strings"
)

// maxCell limits the width, in columns, of every cell but the last one of a row.
const maxCell = 120

// Table writes rows with the same number of cells, aligned. The last cell of a row is
// never cut.
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
