package agent

import (
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

// quotasFor is how long the CPU quotas of a process are taken to be the same: it may be moved
// to another cgroup, and quotas may be changed.
const quotasFor = 10 * time.Second

// quotaMeter measures what CPU quotas leave to a process.
type quotaMeter struct {
	pid    int
	quotas []readQuota
	due    time.Time // when the quotas are looked for again
}

// readQuota is a quota and how it had been used when it was last read.
type readQuota struct {
	target.CPUQuota
	used snapshot.Quota
}

// interval returns what has been used since the last call of the quota that throttled the
// most.
func (m *quotaMeter) interval() (most snapshot.Quota) {
	for i := range m.quotas {
		quota := &m.quotas[i]
		used, ok := quota.Used()
		if !ok {
			continue
		}
		if since := used.Since(quota.used); most.CPUs == 0 || since.Throttled > most.Throttled {
			most = since
		}
		quota.used = used
	}
	if now := time.Now(); now.After(m.due) {
		m.find()
		m.due = now.Add(quotasFor)
	}
	return most
}

// find looks for the quotas that hold for the process now. Those that are new begin with the
// next interval.
func (m *quotaMeter) find() {
	quotas, err := target.CPUQuotas(m.pid)
	if err != nil {
		return
	}
	known := map[target.CPUQuota]snapshot.Quota{}
	for _, quota := range m.quotas {
		known[quota.CPUQuota] = quota.used
	}
	m.quotas = nil
	for _, quota := range quotas {
		used, ok := known[quota]
		if !ok {
			used, ok = quota.Used()
		}
		if ok {
			m.quotas = append(m.quotas, readQuota{quota, used})
		}
	}
}
