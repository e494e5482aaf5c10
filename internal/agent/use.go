package agent

import (
	"fmt"
	"time"

	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// useMeter measures the CPU time and memory of a target and of otwatch itself. When the
// target has ended, the last values that were read stay.
type useMeter struct {
	process    procfs.Proc
	startTicks uint64 // of the process: another one may get its pid
	self       *selfMeter
	start      snapshot.Process // CPU time before the first interval
	total      snapshot.Process // since then
	last       snapshot.Process // at the end of the last interval
	ownStart   time.Duration
	clock      cpuClock
	shortage   func(error) // called if /proc cannot be read for want of a resource; may be nil
}

// newUseMeter measures the process with a pid and a start time in clock ticks, until ended
// returns true.
func newUseMeter(pid int, startTicks uint64, ended func() bool, self *selfMeter) (*useMeter, error) {
	process, err := procfs.NewProc(pid)
	if err != nil {
		return nil, fmt.Errorf("pid %d: %w", pid, err)
	}
	if self == nil {
		self = &selfMeter{}
	}
	m := &useMeter{process: process, startTicks: startTicks, self: self, ownStart: self.cpu()}
	m.clock.start(pid, ended)
	m.read()
	m.start, m.total = m.total, snapshot.Process{RSS: m.total.RSS}
	return m, nil
}

// read brings the target's totals up to date. A zombie still shows its CPU
// time, but no memory.
func (m *useMeter) read() {
	fine, isFine := m.clock.read()
	stat, err := m.process.Stat() // after the clock: the pid was still the process's then
	if err != nil || stat.Starttime != m.startTicks {
		if m.shortage != nil && scarce(err) {
			m.shortage(err)
		}
		m.total.CPU = max(m.total.CPU, m.clock.last)
		return
	}
	if !isFine {
		fine = time.Duration(stat.UTime+stat.STime)*snapshot.Tick - m.start.CPU
	}
	before := m.total
	m.total.CPU = max(before.CPU, fine)
	// System time comes in ticks. It may not grow by more than all CPU time: the rest is user
	// time, which is a counter.
	system := time.Duration(stat.STime)*snapshot.Tick - m.start.System
	m.total.System = max(before.System, min(system, before.System+m.total.CPU-before.CPU))
	if rss := stat.ResidentMemory(); rss > 0 {
		m.total.RSS = uint64(rss)
	}
}

// look reads the memory of a process that may end before its first interval does.
func (m *useMeter) look() {
	if m.last == (snapshot.Process{}) {
		m.read()
	}
}

// interval returns what the target has used since the last call.
func (m *useMeter) interval() snapshot.Process {
	m.read()
	used := snapshot.Process{CPU: m.total.CPU - m.last.CPU, System: m.total.System - m.last.System, RSS: m.total.RSS}
	m.last = m.total
	return used
}

// ownInterval returns what otwatch has used since the last call.
func (m *useMeter) ownInterval() snapshot.Probing {
	now := m.self.cpu()
	p := snapshot.Probing{AgentCPU: now - m.ownStart, AgentRSS: m.self.resident()}
	m.ownStart = now
	return p
}
