package findings

import (
	"cmp"
	"slices"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Conclusions are the findings at the end of an interval, past ones too, with leaks and the
// growth of memory. They do not change, so they can be read while the next interval is
// judged.
type Conclusions struct {
	part report.Report // findings, leaks, growth of memory, and what is missing of these
}

// growth is the path of the growth of memory in a Report.
const growth = "memory.growth_bytes_per_minute"

// Conclusions returns what holds now.
func (j *Judge) Conclusions() Conclusions {
	part := report.Report{Findings: []report.Finding{}, Leaks: []report.Leak{}, Memory: report.Memory{GrowthBytesPerMinute: j.memory.growth}}
	for _, l := range j.leaks {
		part.Leaks = append(part.Leaks, l.Leak)
	}
	var g report.Gaps
	for _, r := range rules { // in the order of the documentation
		st := j.statuses[r.id]
		if f, ok := st.listed(); ok {
			part.Findings = append(part.Findings, f)
		}
		switch {
		case j.ignores(r):
			g.Add("findings."+r.id, "it is ignored, as configured")
		case !st.judged:
			g.Add("findings."+r.id, r.needs)
		default:
			part.Judged = append(part.Judged, r.id)
		}
	}
	slices.SortStableFunc(part.Findings, func(a, b report.Finding) int { return cmp.Compare(order(a), order(b)) })
	if j.memory.growth == nil {
		g.Add(growth, needsMemory)
	}
	part.Missing = g
	return Conclusions{part.Finite()}
}

// order is where a finding stands in the list: causes first, past findings last.
func order(f report.Finding) int {
	switch {
	case !f.Holds():
		return 2
	case explains(f):
		return 0
	}
	return 1
}

// Complete adds the conclusions to a Report.
func (c Conclusions) Complete(r report.Report) report.Report {
	r.Findings, r.Leaks = slices.Clone(c.part.Findings), slices.Clone(c.part.Leaks)
	r.Judged = c.part.Judged
	r.Memory.GrowthBytesPerMinute = c.part.Memory.GrowthBytesPerMinute
	r.Missing = slices.DeleteFunc(slices.Clone(r.Missing), func(m snapshot.Missing) bool { return m.What == "findings" || m.What == growth })
	r = r.Settled() // with leaks
	g := report.Gaps(r.Missing)
	for _, m := range c.part.Missing {
		g.Add(m.What, m.Why)
	}
	r.Missing = g.Sorted()
	return r
}
