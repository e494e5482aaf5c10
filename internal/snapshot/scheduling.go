package snapshot

import (
	"cmp"
	"time"
)

// Scheduling says how far the target got to run in the interval.
type Scheduling struct {
	Quota   Quota
	Threads Threads
}

// Quota is a CPU quota of the target's cgroups, and how it was used: of several quotas, the
// one that throttled the most.
type Quota struct {
	CPUs      float64       // that it allows, as last read; 0: no quota is known
	Periods   uint64        // in which the cgroup had something to run
	Throttled uint64        // of these, the ones in which the quota was used up
	Withheld  time.Duration // how long the cgroup was throttled, summed over CPUs
}

// Threads are the times of those threads of the target that were read.
type Threads struct {
	Ran    time.Duration // on a CPU; 0: nothing is known
	Waited time.Duration // in a run queue, for a CPU
}

// Since is what has been used of the quota since an earlier reading.
func (q Quota) Since(earlier Quota) Quota {
	return Quota{
		CPUs: q.CPUs, Periods: q.Periods - min(q.Periods, earlier.Periods),
		Throttled: q.Throttled - min(q.Throttled, earlier.Throttled), Withheld: max(0, q.Withheld-earlier.Withheld),
	}
}

// Plus has the times of both.
func (t Threads) Plus(other Threads) Threads {
	return Threads{Ran: plusTime(t.Ran, other.Ran), Waited: plusTime(t.Waited, other.Waited)}
}

// Since is the times since an earlier reading.
func (t Threads) Since(earlier Threads) Threads {
	return Threads{Ran: max(0, t.Ran-earlier.Ran), Waited: max(0, t.Waited-earlier.Waited)}
}

func (s Scheduling) merge(next Scheduling) Scheduling {
	merged := next
	merged.Quota.CPUs = cmp.Or(next.Quota.CPUs, s.Quota.CPUs)
	merged.Quota.Periods = plus(s.Quota.Periods, next.Quota.Periods)
	merged.Quota.Throttled = plus(s.Quota.Throttled, next.Quota.Throttled)
	merged.Quota.Withheld = plusTime(s.Quota.Withheld, next.Quota.Withheld)
	merged.Threads = s.Threads.Plus(next.Threads)
	return merged
}
