package findings

import (
	"slices"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Conclusions are what a Judge has come to at the end of an interval. They do not
// change, and so can be read while it judges the next one.
type Conclusions struct {
	part report.Report // findings, leaks, growth of memory, and what is missing of these
}

// growth is the path of a figure that comes from the readings of many intervals.
const growth = "memory.growth_bytes_per_minute"

// Conclusions returns what the Judge has come to.
func (j *Judge) Conclusions() Conclusions {
	part := report.Report{Findings: []report.Finding{}, Leaks: []report.Leak{}, Memory: report.Memory{GrowthBytesPerMinute: j.trend.growth}}
	for _, l := range j.leaks {
		part.Leaks = append(part.Leaks, l.Leak)
	}
	var g report.Gaps
	for _, d := range rules { // in the order of the documentation
		st := j.statuses[d.id]
		if st.raised {
			part.Findings = append(part.Findings, st.finding)
		}
		if !st.judged {
			g.Add("findings."+d.id, d.needs)
		}
	}
	if j.trend.growth == nil {
		g.Add(growth, needsMemory)
	}
	part.Missing = g
	return Conclusions{part.Finite()}
}

// Complete adds to a Report what a single Snapshot does not tell: the findings
// that hold, the leaks, and how memory grows.
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
