package findings

import (
	"slices"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Conclusions are what a Judge has come to at the end of an interval. They do not
// change, and so can be read while it judges the next one.
type Conclusions struct {
	findings []report.Finding   // that hold, in the order of the documentation
	unjudged []snapshot.Missing // findings that there was nothing to judge by
	leaks    []report.Leak
	growth   *estimate.Estimate // of the memory, bytes a minute; nil if not claimed
}

// Conclusions returns what the Judge has come to.
func (j *Judge) Conclusions() Conclusions {
	c := Conclusions{findings: []report.Finding{}, leaks: []report.Leak{}, growth: j.trend.growth}
	for _, l := range j.leaks {
		c.leaks = append(c.leaks, l.Leak)
	}
	for _, d := range diagnoses {
		st := j.cases[d.id]
		if st.raised {
			c.findings = append(c.findings, st.finding)
		}
		if !st.judged {
			c.unjudged = append(c.unjudged, snapshot.Missing{What: "findings." + d.id, Why: d.needs})
		}
	}
	return c
}

// Complete adds to a Report what a single Snapshot does not tell: the findings
// that hold, and how memory grows.
func (c Conclusions) Complete(r report.Report) report.Report {
	g := report.Gaps{}
	for _, m := range r.Missing {
		if m.What != "findings" && m.What != "memory.growth_bytes_per_minute" {
			g = append(g, m)
		}
	}
	r.Findings, r.Leaks = slices.Clone(c.findings), slices.Clone(c.leaks)
	for _, m := range c.unjudged {
		g.Add(m.What, m.Why)
	}
	if r.Memory.GrowthBytesPerMinute = c.growth; c.growth == nil {
		g.Add("memory.growth_bytes_per_minute", needsMemory)
	}
	r.Missing = g.Sorted()
	return r.Finite()
}
