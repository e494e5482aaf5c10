package view

import (
	"github.com/otwatch/otwatch/internal/budget"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// added renders the cost of probing and its budget in one unit: 0.6 % of a core to the
// target (budget 2.6 %). A budget of 1 % is 2.6 % of a core for a process that uses 2.6
// cores.
func added(r report.Report) string {
	if r.Window.Seconds <= 0 || !r.Known("probe.target_cpu_seconds") {
		return none + " to the target"
	}
	line := estimate.Percent(r.Probe.TargetCPUSeconds/r.Window.Seconds) + " of a core to the target"
	if cores, ok := allowed(r); ok {
		line += " (budget " + estimate.Percent(cores) + ")"
	}
	return line
}

// allowed returns the budget in cores; false if none is set or the target's CPU use is
// not known.
func allowed(r report.Report) (float64, bool) {
	if r.Probe.Budget <= 0 || r.Window.Seconds <= 0 || !r.Known("cpu.process_seconds") {
		return 0, false
	}
	return max(r.Probe.Budget*r.CPU.ProcessSeconds/r.Window.Seconds, budget.Floor), true
}

// itself renders the CPU time and memory of otwatch's own process. 0 bytes of resident
// memory mean that it was not measured.
func itself(r report.Report) string {
	if r.Window.Seconds <= 0 || r.Probe.AgentRSSBytes == 0 {
		return none
	}
	return cores(r.Probe.AgentCPUSeconds/r.Window.Seconds) + ", " + memory(float64(r.Probe.AgentRSSBytes))
}

// losses says whether records were lost.
func losses(p report.Probe) part {
	if p.Lost == 0 {
		return text("no records lost")
	}
	return styled(plural(p.Lost, "record")+" lost", warning)
}
