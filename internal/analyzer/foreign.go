package analyzer

import (
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// foreignProbes are breakpoints that are not otwatch's; samples are all CPU samples that were not
// set aside.
func foreignProbes(s snapshot.Snapshot, samples uint64, g *report.Gaps) *report.ForeignProbes {
	f := s.Foreign
	if !f.Looked {
		g.Add("foreign_probes", "the process's code has not been compared with its file")
		return nil
	}
	found := &report.ForeignProbes{Places: f.Places, Functions: []report.ForeignFunction{}, Debugger: f.Tracer}
	for _, function := range f.Functions {
		found.Functions = append(found.Functions, report.ForeignFunction{Function: function.Name, Places: function.Places})
	}
	switch {
	case f.Places == 0 && s.Samples.Foreign == 0:
		found.CPUShare = estimate.Counted(0)
	case samples == 0:
		g.Add("foreign_probes.cpu_share", "no CPU samples were taken")
	default:
		found.CPUShare = estimate.Proportion(min(1, float64(s.Samples.Foreign)/float64(samples)), samples)
	}
	return found
}
