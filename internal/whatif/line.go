package whatif

// line is what waits, in order. Its memory is used again.
type line struct {
	all  []arrival
	gone int // of all, from the front
}

func (l *line) add(a arrival) {
	if 2*l.gone > len(l.all) { // fewer are left to move than have gone
		l.all, l.gone = l.all[:copy(l.all, l.all[l.gone:])], 0
	}
	l.all = append(l.all, a)
}

func (l *line) first() *arrival { return &l.all[l.gone] }

// emptied is a line that nothing waits in, in the same memory.
func (l line) emptied() line { return line{all: l.all[:0]} }
