package view

import "github.com/otwatch/otwatch/internal/report"

// coreFloor is what probing may always take, in cores: the budget is a share
// of the target's CPU, but never less than this (DESIGN §3, Budget).
const coreFloor = 0.001

// added renders what probing costs the target beside what it may cost, in one
// unit: 0.6 % of a core to the target (budget 2.6 %). A budget of 1 % of the
// CPU of a process that uses 2.6 cores is 2.6 % of a core.
func added(r report.Report) string {
	if r.Window.Seconds <= 0 || !r.Known("probe.target_cpu_seconds") {
		return none + " to the target"
	}
	line := percent(r.Probe.TargetCPUSeconds/r.Window.Seconds) + " of a core to the target"
	if budget, ok := allowed(r); ok {
		line += " (budget " + percent(budget) + ")"
	}
	return line
}

// allowed returns the budget in cores; false where none is set or the
// target's CPU use is not known.
func allowed(r report.Report) (float64, bool) {
	if r.Probe.Budget <= 0 || r.Window.Seconds <= 0 || !r.Known("cpu.process_seconds") {
		return 0, false
	}
	return max(r.Probe.Budget*r.CPU.ProcessSeconds/r.Window.Seconds, coreFloor), true
}

// itself renders what otwatch uses outside the target. No process is resident
// in 0 bytes: that says that nobody measured.
func itself(r report.Report) string {
	if r.Window.Seconds <= 0 || r.Probe.AgentRSSBytes == 0 {
		return none
	}
	return cores(r.Probe.AgentCPUSeconds/r.Window.Seconds) + ", " + memory(float64(r.Probe.AgentRSSBytes))
}

// losses says whether otwatch missed anything.
func losses(p report.Probe) part {
	if p.Lost == 0 {
		return text("no records lost")
	}
	return styled(plural(p.Lost, "record")+" lost", warning)
}
