package view

import "strings"

// indent is the column where the figures of the live view begin, behind the label.
const indent = 10

// gap is the least space before right-aligned text.
const gap = 3

// rank orders rows for a screen that is too low for all of them: those with the highest
// rank are left out first.
type rank int

const (
	always rank = iota
	essential
	useful
	advised
	detail
	extra
	blank
)

// row is one subject: a label and parts, which wrap to further lines below the first
// part.
type row struct {
	name  string // in the note about hidden rows
	label string
	style style // of the label
	parts []part
	sep   string // between parts; " · " if empty
	top   string // at the right end of the first line
	right string // at the right end of the last line, or below if it does not fit
	rank  rank
}

// lines lays r out on s; the parts begin at column indent.
func (r row) lines(s Screen, indent int) []string {
	width := max(s.Width, minWidth)
	label := s.paint(styled(r.label, r.style), indent-1)
	label += spaces(indent - shown(label))
	room := width - indent - r.reserved()
	if room < minWidth/2 {
		room = width - indent // top goes on a line of its own
	}
	lines := s.wrap(r.parts, r.separator(), room)
	for i := range lines {
		if i == 0 {
			lines[i] = label + lines[i]
		} else {
			lines[i] = strings.Repeat(" ", indent) + lines[i]
		}
	}
	if len(lines) == 0 {
		lines = []string{strings.TrimRight(label, " ")}
	}
	lines = append(s.alignRight(lines[:1:1], r.top, width), lines[1:]...)
	return s.alignRight(lines, r.right, width)
}

// reserved is the width of top and of the gap before it.
func (r row) reserved() int {
	if r.top == "" {
		return 0
	}
	return widthOf(r.top) + gap
}

func (r row) separator() string {
	if r.sep == "" {
		return " · "
	}
	return r.sep
}

// wrap fills lines of at most width columns with parts. A part that is wider than a line is
// broken into pieces, with a line each.
func (s Screen) wrap(parts []part, sep string, width int) []string {
	if strings.TrimSpace(sep) != "" {
		sep = s.paint(styled(sep, quiet), width)
	}
	var lines []string
	used := 0
	for _, p := range parts {
		for i, piece := range s.pieces(p, width) {
			painted := s.paint(piece, width)
			needed := shown(painted)
			if i == 0 && len(lines) > 0 && used+shown(sep)+needed <= width {
				lines[len(lines)-1] += sep + painted
				used += shown(sep) + needed
				continue
			}
			lines = append(lines, painted)
			used = needed
		}
	}
	return lines
}

// alignRight puts text at the right end of the last line, or of a new line if the last
// one has no room.
func (s Screen) alignRight(lines []string, text string, width int) []string {
	if text == "" {
		return lines
	}
	text = s.paint(styled(text, quiet), width)
	room := width - shown(lines[len(lines)-1]) - shown(text)
	if room < gap {
		return append(lines, spaces(width-shown(text))+text)
	}
	lines[len(lines)-1] += spaces(room) + text
	return lines
}

// fit lays rows out. It leaves out the least important ones until the rest fits the
// height of s; a note above the last row names them.
func fit(rows []row, s Screen) []string { return s.crop(fitting(rows, s.colourless())) }

// colourless is s, without colour if lines have to be cropped.
func (s Screen) colourless() Screen {
	s.Color = s.Color && s.Width >= minWidth
	return s
}

// crop cuts lines, which have no colour, to a screen that is narrower than minWidth.
func (s Screen) crop(lines []string) []string {
	if s.Width > 0 && s.Width < minWidth {
		for i, line := range lines {
			lines[i] = begin(line, s.Width)
		}
	}
	return lines
}

func fitting(rows []row, s Screen) []string {
	var hidden []string
	for {
		lines := layout(withNote(rows, hidden), s, indent)
		if s.Height <= 0 || len(lines) <= s.Height {
			return lines
		}
		least := leastImportant(rows)
		if rows[least].rank == always {
			return append(lines[:s.Height-1], lines[len(lines)-1])
		}
		if rows[least].rank != blank {
			hidden = prepend(hidden, rows[least].name)
		}
		rows = append(rows[:least:least], rows[least+1:]...)
	}
}

// layout returns the lines of all rows; their parts begin at column indent.
func layout(rows []row, s Screen, indent int) []string {
	var lines []string
	for _, r := range rows {
		if r.rank == blank {
			lines = append(lines, "")
			continue
		}
		lines = append(lines, r.lines(s, indent)...)
	}
	return lines
}

// leastImportant returns the last of the rows with the highest rank.
func leastImportant(rows []row) int {
	least := 0
	for i, r := range rows {
		if r.rank >= rows[least].rank {
			least = i
		}
	}
	return least
}

// prepend keeps the names in the order of the rows, each name once.
func prepend(hidden []string, name string) []string {
	for _, h := range hidden {
		if h == name {
			return hidden
		}
	}
	return append([]string{name}, hidden...)
}

func withNote(rows []row, hidden []string) []row {
	if len(hidden) == 0 {
		return rows
	}
	note := row{parts: []part{styled("no room for "+strings.Join(hidden, ", "), quiet)}}
	last := len(rows) - 1
	return append(append(rows[:last:last], note), rows[last])
}
