package analyzer

import "github.com/otwatch/otwatch/internal/snapshot"

// past is what is remembered of a target's last intervals, ascending, each with its
// census in place of its stacks: that of several is the sum of theirs.
type past struct {
	recent   []snapshot.Snapshot
	censuses []census
}

// add remembers the next interval, and forgets what began more than costReach
// before its end, but for judgeWindow intervals.
func (p *past) add(s snapshot.Snapshot) {
	counted := takeCensus(s.Samples.Stacks)
	s.Samples.Stacks = nil
	p.recent, p.censuses = append(p.recent, s), append(p.censuses, counted)
	end := s.Start.Add(s.Elapsed)
	for len(p.recent) > judgeWindow && end.Sub(p.recent[0].Start) > costReach {
		p.recent, p.censuses = p.recent[1:], p.censuses[1:]
	}
}

// sampledFrom is where the shortest recent past with costSamples begins.
func (p past) sampledFrom() int {
	var n uint64
	for i := len(p.censuses) - 1; i > 0; i-- {
		if n += p.censuses[i].kept; n >= costSamples {
			return i
		}
	}
	return 0
}
