package replay

import (
	"os"
	"time"

	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// What reading one file may cost. Recordings come from anyone: a small one may expand to
// gigabytes or to endless work. A full recording of dozens of processes needs an eighth of
// these limits (docs/security.md).
const (
	// maxBytes is the size of a full recording, maxReportBytes that of a JSON report.
	maxBytes       = recording.Limit + 1<<20
	maxReportBytes = 32 << 20
	// maxMemory is for what is kept of a file: stacks, and the last minute of each target.
	maxMemory = 96 << 20
	// maxSteps is for any file, and stepsPerByte for each of its bytes. A step is some 100
	// ns: one entry of a Snapshot merged with others.
	maxSteps     = 6 << 20
	stepsPerByte = 64
	maxTime      = 10 * time.Minute
	// maxTargets is how many targets may be open at once: four times as many as otwatch
	// watches.
	maxTargets = 4096
)

// budgetOf is the budget for a file of this size; for a pipe, that of the largest file.
func budgetOf(file os.FileInfo) *untrusted.Budget {
	size := int64(maxBytes)
	if file.Mode().IsRegular() {
		size = min(file.Size(), maxBytes)
	}
	return untrusted.NewBudget(untrusted.Limits{
		Read: maxBytes, Memory: maxMemory, Steps: maxSteps + stepsPerByte*size, Time: maxTime,
	})
}

const (
	// entryBytes is the memory of an entry in a Snapshot's lists, and targetBytes that of any
	// target.
	entryBytes  = 400
	targetBytes = 16 << 10
	// intervalSteps is for judging an empty interval, entrySteps for each entry of the last
	// minute, which is judged again each time.
	intervalSteps = 400
	entrySteps    = 8
)

// costs charges the budget for what judging Snapshots needs: each one is judged together
// with those of the last minute, which is where the work and the memory grow.
type costs struct {
	budget  *untrusted.Budget
	targets map[[2]uint64]*targetCosts
	entries int // in the last minutes of all targets
	most    int // of those that were charged
}

// targetCosts are what is kept of one target.
type targetCosts struct {
	recent  []interval
	elapsed time.Duration // of recent
	entries int           // in recent
	merged  map[any]bool  // keys of the entries of all intervals together
}

type interval struct {
	elapsed time.Duration
	entries int
}

// charge is for one more Snapshot.
func (c *costs) charge(s snapshot.Snapshot) error {
	key := [2]uint64{uint64(s.Target.PID), s.Target.StartTicks}
	a := c.targets[key]
	if a == nil {
		if len(c.targets) >= maxTargets {
			return tooMany("targets that have not ended", maxTargets)
		}
		if err := c.budget.Memory(targetBytes); err != nil {
			return err
		}
		a = &targetCosts{merged: map[any]bool{}}
		c.targets[key] = a
	}
	before := a.entries
	fresh := a.add(s)
	c.entries += a.entries - before
	if s.Over() {
		c.entries -= a.entries
		delete(c.targets, key)
	}
	if grown := c.entries - c.most; grown > 0 {
		c.most = c.entries
		fresh += grown
	}
	if err := c.budget.Memory(int64(fresh) * entryBytes); err != nil {
		return err
	}
	// The last minute is merged again each time, interval by interval.
	different := min(len(a.merged), a.entries)
	return c.budget.Steps(int64(intervalSteps + len(a.recent)*different + entrySteps*a.entries + len(a.merged)))
}

// add enters a Snapshot, and returns how many of its entries are new to the whole.
func (a *targetCosts) add(s snapshot.Snapshot) (fresh int) {
	keys := keysOf(s)
	before := len(a.merged)
	for _, key := range keys {
		a.merged[key] = true
	}
	entries := len(keys) + operations(s)
	a.recent = append(a.recent, interval{s.Elapsed, entries})
	a.elapsed, a.entries = a.elapsed+s.Elapsed, a.entries+entries
	for len(a.recent) > history.MinIntervals && (a.elapsed > history.Reach || len(a.recent) > history.MaxIntervals) {
		a.elapsed, a.entries = a.elapsed-a.recent[0].elapsed, a.entries-a.recent[0].entries
		a.recent = a.recent[1:]
	}
	return len(a.merged) - before
}

// keysOf are the keys by which a Snapshot's entries are merged.
func keysOf(s snapshot.Snapshot) []any {
	var keys []any
	for _, c := range s.Counts {
		keys = append(keys, "count "+c.Probe)
	}
	for _, e := range s.Exports {
		keys = append(keys, e.Address)
	}
	for _, p := range s.Processors {
		keys = append(keys, [1]uint64{p.Address})
	}
	for _, p := range s.Pipelines {
		keys = append(keys, "pipeline "+p.Signal)
		for _, e := range p.Exporters {
			keys = append(keys, [2]uint64{e.Address})
		}
	}
	for _, g := range s.Gaps {
		keys = append(keys, "gap "+g.What)
	}
	for _, n := range s.Names.List {
		keys = append(keys, [2]string{n.Scope, n.Name})
	}
	for _, v := range s.Values {
		keys = append(keys, "value "+v.Key)
	}
	for _, f := range s.Following.Sites {
		keys = append(keys, f.Site)
	}
	for _, m := range s.Missing {
		keys = append(keys, "missing "+m.What)
	}
	return keys
}

// operations counts single calls, in entries: they are small and many.
func operations(s snapshot.Snapshot) int {
	n := 0
	for _, e := range s.Exports {
		n += len(e.Latest)
	}
	for _, p := range s.Processors {
		n += len(p.Flushes.Durations) + len(p.Shutdowns.Durations)
	}
	for _, p := range s.Pipelines {
		n += len(p.Calls.Durations)
	}
	return n / 16
}
