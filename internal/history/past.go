package history

import (
	"time"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// judgeWindow is how many of the last intervals most rules look at together.
	Lately = 3
	// costReach is how far back the others look.
	Reach = time.Minute
	// costSamples is how many CPU samples the rules of cost look at: a share
	// of 8 % then has an interval of ± 2.4 points.
	CostSamples = 500
)

// maxPastBytes bounds what is remembered of a target: hundreds of processors or names
// in each interval make the past shorter.
const maxPastBytes = 4 << 20

// maxPast bounds the intervals remembered: costReach of the shortest that there are. Those
// of a recording may take no time.
const MaxIntervals = 600

// past is what is remembered of a target's last intervals, ascending, each with its
// census in place of its stacks: that of several is the sum of theirs.
type Past struct {
	Recent  []snapshot.Snapshot
	Counts  []classify.Counts
	elapsed time.Duration // of recent
	bytes   int
}

// add remembers the next interval, and forgets what began more than costReach
// before its end, or takes too much room, but for judgeWindow intervals.
func (p *Past) Add(c Interval) {
	p.Recent, p.Counts = append(p.Recent, c.Snapshot), append(p.Counts, c.Counts)
	p.elapsed += c.Elapsed
	p.bytes += c.Size()
	for len(p.Recent) > Lately && (p.elapsed > Reach || p.bytes > maxPastBytes || len(p.Recent) > MaxIntervals) {
		p.elapsed -= p.Recent[0].Elapsed
		p.bytes -= Interval{p.Recent[0], p.Counts[0]}.Size()
		p.Recent, p.Counts = p.Recent[1:], p.Counts[1:]
	}
}

// sampledFrom is where the shortest recent past with costSamples begins.
func (p Past) SampledFrom() int {
	var n uint64
	for i := len(p.Counts) - 1; i > 0; i-- {
		if n += p.Counts[i].Samples; n >= CostSamples {
			return i
		}
	}
	return 0
}

// sum counts the samples of several intervals together.
func Sum(parts []classify.Counts) classify.Counts {
	var whole classify.Counts
	for _, part := range parts {
		whole.Add(part)
	}
	return whole
}
