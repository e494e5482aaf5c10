package view

import (
	"fmt"
	"slices"
	"strings"
)

// pen draws a line that may have gaps, or the area between an upper and a lower line.
// The zero value is ready to use.
type pen struct {
	strokes []stroke
	down    bool
}

// stroke is a line without gaps; an area has a lower line too.
type stroke struct{ forth, back []string }

// to draws to a point, or begins there after a gap.
func (p *pen) to(x, y float64) {
	if !p.down {
		p.strokes = append(p.strokes, stroke{})
		p.down = true
	}
	s := &p.strokes[len(p.strokes)-1]
	s.forth = append(s.forth, point(x, y))
}

// back adds a point to the lower line, below the last point.
func (p *pen) back(x, y float64) {
	s := &p.strokes[len(p.strokes)-1]
	s.back = append(s.back, point(x, y))
}

// lift begins a gap.
func (p *pen) lift() { p.down = false }

// path returns the line for the attribute d of an SVG path. A single point between gaps
// is a line of no length, which is drawn as a dot because line ends are round.
func (p *pen) path() string {
	var d []string
	for _, s := range p.strokes {
		points := s.forth
		if len(points) == 1 {
			points = []string{points[0], points[0]}
		}
		d = append(d, "M"+strings.Join(points, "L"))
	}
	return strings.Join(d, "")
}

// area returns the area between the lines.
func (p *pen) area() string {
	var d []string
	for _, s := range p.strokes {
		lower := slices.Clone(s.back)
		slices.Reverse(lower)
		d = append(d, "M"+strings.Join(append(slices.Clone(s.forth), lower...), "L")+"Z")
	}
	return strings.Join(d, "")
}

func point(x, y float64) string { return fmt.Sprintf("%.1f %.1f", x, y) }
