package findings

import (
	"slices"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Conclusions are the findings that hold at the end of an interval, with leaks and the
// growth of memory. They do not change, so they can be read while the next interval is
// judged.
type Conclusions struct {
	part report.Report // findings, leaks, growth of memory, and what is missing of these
}

// growth is the path of the growth of memory in a Report.
const growth = "memory.growth_bytes_per_minute"

// Conclusions returns what holds now.
func (j *Judge) Conclusions() Conclusions {
	part := report.Report{Findings: []report.Finding{}, Leaks: []report.Leak{}, Memory: report.Memory{GrowthBytesPerMinute: j.trend.growth}}
	for _, l := range j.leaks {
		part.Leaks = append(part.Leaks, l.Leak)
	}
	var g report.Gaps
	for _, r := range rules { // in the order of the documentation
		st := j.statuses[r.id]
		if st.raised {
			part.Findings = append(part.Findings, st.finding)
		}
		if !st.judged {
			g.Add("findings."+r.id, r.needs)
		}
	}
	if j.trend.growth == nil {
		g.Add(growth, needsMemory)
	}
	part.Missing = g
	return Conclusions{part.Finite()}
}

// Complete adds the conclusions to a Report.
func (c Conclusions) Complete(r report.Report) report.Report {
	r.Findings, r.Leaks = slices.Clone(c.part.Findings), slices.Clone(c.part.Leaks)
	r.Memory.GrowthBytesPerMinute = c.part.Memory.GrowthBytesPerMinute
	g := report.Gaps(slices.DeleteFunc(slices.Clone(r.Missing), func(m snapshot.Missing) bool { return m.What == "findings" || m.What == growth }))
	for _, m := range c.part.Missing {
		g.Add(m.What, m.Why)
	}
	r.Missing = g.Sorted()
	return r
}
