package probes

import "time"

// patience is how long a standing group that has spent its allowance stays, if its
// owner is not heard of.
const patience = 500 * time.Millisecond

// Leases are for how long groups' probes stay that nobody renews; 0: for as long as
// otwatch lives.
type Leases [groups]time.Duration

// Lease sets the leases, and begins them anew for the groups that are open.
func (a *Attachment) Lease(leases Leases) {
	a.leases = leases
	for g, l := range a.links {
		if l != nil {
			l.held.Renew(leases[g])
		}
	}
}

// tendStanding renews the leases of the groups that stand, while their owner waits for
// others' removal.
func (a *Attachment) tendStanding() {
	for g, l := range a.links {
		if l != nil && Group(g).Standing() {
			l.held.Renew(a.leases[g])
		}
	}
}

// LapsedNS is when an open group's probes were given up, since nobody looked after
// them, CLOCK_MONOTONIC; 0: they were not. They were in place at any moment at which
// this was 0. Shut lets the group be opened again.
func (a *Attachment) LapsedNS(g Group) uint64 {
	if a.links[g] == nil {
		return 0
	}
	return a.links[g].lapsedNS()
}
