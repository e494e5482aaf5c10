package analyzer

import (
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxPastBytes bounds what is remembered of a target: hundreds of processors or names
// in each interval make the past shorter.
const maxPastBytes = 4 << 20

// maxPast bounds the intervals remembered: costReach of the shortest that there are. Those
// of a recording may take no time.
const maxPast = 600

// past is what is remembered of a target's last intervals, ascending, each with its
// census in place of its stacks: that of several is the sum of theirs.
type past struct {
	recent   []snapshot.Snapshot
	censuses []census
	elapsed  time.Duration // of recent
	bytes    int
}

// add remembers the next interval, and forgets what began more than costReach
// before its end, or takes too much room, but for judgeWindow intervals.
func (p *past) add(c Counted) {
	p.recent, p.censuses = append(p.recent, c.Snapshot), append(p.censuses, c.census)
	p.elapsed += c.Elapsed
	p.bytes += c.Size()
	for len(p.recent) > judgeWindow && (p.elapsed > costReach || p.bytes > maxPastBytes || len(p.recent) > maxPast) {
		p.elapsed -= p.recent[0].Elapsed
		p.bytes -= Counted{p.recent[0], p.censuses[0]}.Size()
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
