package probes

import "time"

// patience is how long a standing group that has spent its allowance stays in place
// without a new one.
const patience = 500 * time.Millisecond

// Leases are how long the probes of each group stay in place without being renewed; 0: as
// long as otwatch lives.
type Leases [groups]time.Duration

// Lease sets the leases of all groups, and renews those of the open ones.
func (a *Attachment) Lease(leases Leases) {
	a.leases = leases
	for g, l := range a.links {
		if l != nil {
			l.held.Renew(leases[g])
		}
	}
}

// renewStanding renews the leases of the standing groups while their owner waits for the
// removal of others.
func (a *Attachment) renewStanding() {
	for g, l := range a.links {
		if l != nil && Group(g).Standing() {
			l.held.Renew(a.leases[g])
		}
	}
}

// LapsedNS is when the lease of an open group ran out, CLOCK_MONOTONIC, and its probes
// were removed; 0: it did not. While it is 0 the probes are in place. After Shut the
// group can be opened again.
func (a *Attachment) LapsedNS(g Group) uint64 {
	if a.links[g] == nil {
		return 0
	}
	return a.links[g].lapsedNS()
}
