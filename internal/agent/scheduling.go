package agent

import "github.com/otwatch/otwatch/internal/snapshot"

// schedulingMeter measures how far a process gets to run.
type schedulingMeter struct {
	ended   func() bool // from then on the pid may stand for another process
	quotas  quotaMeter
	threads threadMeter
}

// newSchedulingMeter begins to measure the process with a pid.
func newSchedulingMeter(pid int, ended func() bool) *schedulingMeter {
	m := &schedulingMeter{ended: ended, quotas: quotaMeter{pid: pid}, threads: threadMeter{pid: pid}}
	m.interval()
	return m
}

// interval returns what was measured since the last call, and nothing if the process has
// ended.
func (m *schedulingMeter) interval() snapshot.Scheduling {
	s := snapshot.Scheduling{Quota: m.quotas.interval(), Threads: m.threads.interval()}
	if m.ended() {
		return snapshot.Scheduling{}
	}
	return s
}
