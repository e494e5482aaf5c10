package findings

import (
	"fmt"
	"go/version"
	"math"
	"strconv"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

const (
	throttledFrom     = 0.25 // of the periods of the quota
	throttledCritical = 0.5
	throttledClears   = 0.1
	// minThrottled is how many periods must be throttled: a process that is nearly idle runs
	// in few.
	minThrottled = 5
	delayFrom    = 1.0 // seconds that threads wait for each second that they run
	waitingFrom  = 0.5 // seconds that threads wait in each second, so that it matters
	delayClears  = 0.5 // of both
)

var cpuStarved = rule{
	id: "cpu-starved", category: "CPU",
	says: "the process gets too little CPU time",
	when: "over the last three intervals its CPU quota throttled it in 25 % of the periods or more, and in five or more; or its threads waited for a free CPU longer than they ran, and 0.5 s or more in each second. " +
		"Critical if it is throttled in half of the periods",
	clears: "throttled in less than 10 % of the periods, and threads wait for less than half the time that they run",
	needs:  "no cgroup of the process has a CPU quota, and the kernel did not say how long its threads waited",
	judge:  judgeCPUStarved,
}

func judgeCPUStarved(s facts) verdict {
	quota, threads := s.lately.Scheduling.Quota, s.lately.Scheduling.Threads
	throttled := estimate.Ratio(quota.Throttled, quota.Periods)
	switch {
	case s.throttled():
		return verdict{
			state: present, severity: severe(throttled >= throttledCritical), advice: quotaAdvice(s, quota.CPUs),
			title: fmt.Sprintf("the process is throttled: it uses up its CPU quota (%s CPUs) in %s of the periods", short(quota.CPUs), estimate.Percent(throttled)),
			evidence: map[string]float64{
				"throttled_periods": float64(quota.Throttled), "periods": float64(quota.Periods), "throttled_share": throttled, "limit": throttledFrom,
				"quota_cpus": quota.CPUs, "used_cpus": s.lately.Process.CPU.Seconds() / s.seconds(), "throttled_seconds": quota.Withheld.Seconds(),
			},
		}
	case s.contended(1):
		return verdict{
			state: present, severity: report.Warning, advice: contentionAdvice(),
			title: fmt.Sprintf("threads of the process wait %s s for a free CPU for each second that they run", short(s.runDelay())),
			evidence: map[string]float64{
				"waited_seconds": threads.Waited.Seconds(), "ran_seconds": threads.Ran.Seconds(), "run_delay": s.runDelay(), "limit": delayFrom,
			},
		}
	case quota.Periods == 0 && threads.Ran == 0, throttled >= throttledClears, s.contended(delayClears):
		return verdict{}
	}
	return verdict{state: absent}
}

// throttled reports whether a CPU quota throttles the process.
func (s facts) throttled() bool {
	quota := s.lately.Scheduling.Quota
	return quota.Throttled >= minThrottled && estimate.Ratio(quota.Throttled, quota.Periods) >= throttledFrom
}

// contended reports whether threads wait for a CPU as long as a fraction of the thresholds.
func (s facts) contended(fraction float64) bool {
	return s.runDelay() >= fraction*delayFrom && s.lately.Scheduling.Threads.Waited.Seconds() >= fraction*waitingFrom*s.seconds()
}

// runDelay is how many seconds threads wait for each second that they run, 0 if that is not
// known.
func (s facts) runDelay() float64 {
	threads := s.lately.Scheduling.Threads
	if threads.Ran == 0 {
		return 0
	}
	return threads.Waited.Seconds() / threads.Ran.Seconds()
}

// quotaAdvice is to raise the quota, and to run no more threads than it allows.
func quotaAdvice(s facts, cpus float64) []report.Advice {
	advice := []report.Advice{code(fmt.Sprintf("raise the CPU quota of the cgroup, now %s CPUs (cpu.max; resources.limits.cpu in Kubernetes, CPUQuota= in systemd), or make the process use less CPU", short(cpus)))}
	if v := s.lately.Target.GoVersion; version.IsValid(v) && version.Compare(v, "go1.25") < 0 {
		advice = append(advice, setting("set GOMAXPROCS to the quota, rounded up: Go before 1.25 ignores the quota and runs as many threads as the host has CPUs",
			"GOMAXPROCS", strconv.FormatFloat(max(1, math.Ceil(cpus)), 'f', 0, 64)))
	}
	return advice
}

// contentionAdvice is to leave the process more of the CPUs.
func contentionAdvice() []report.Advice {
	return []report.Advice{
		code("the CPUs that the process may use are busy: move other work off this host, or give the process a larger share (cpu.weight; resources.requests.cpu in Kubernetes)"),
		code("if GOMAXPROCS is larger than the number of CPUs that the process may use, lower it"),
	}
}
