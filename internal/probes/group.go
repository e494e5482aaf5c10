package probes

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"time"

	"github.com/cilium/ebpf/link"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// linkLimit bounds how long the kernel may need to make one link. It needs milliseconds, more
// while it removes perf events, but waits for a lock of every process that runs the
// executable, and a process that reads from a file system that never answers may hold that
// lock forever.
const linkLimit = 10 * time.Second

// Open puts a group's probes in place, if they are not.
func (a *Attachment) Open(g Group) error {
	if a.links[g] != nil || len(a.placed[g]) == 0 {
		return nil
	}
	program, spots := a.spots(g)
	path, err := a.process.ProbePath()
	if err != nil {
		return err
	}
	l, err := a.session.custody.hold(a.leases[g], func() (links, error) {
		executable, err := untrusted.Get(&a.linking, func() (*link.Executable, error) { return link.OpenExecutable(path) }, nil)
		if err != nil {
			return nil, err
		}
		return a.session.linker.link(&a.linking, executable, a.process.PID, program, spots)
	})
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w; grant CAP_BPF and CAP_PERFMON, or run as root", err)
	}
	if err != nil {
		return fmt.Errorf("attach the %s probes to pid %d: %w", g, a.process.PID, err)
	}
	a.put(g, newLinked(l))
	return nil
}

// spots are a group's program and the instructions that get it.
func (a *Attachment) spots(g Group) (program string, spots []spot) {
	program = bpfProgObserve
	if g == Spans {
		program = bpfProgCount
	}
	for _, p := range a.placed[g] {
		spots = append(spots, spot{fileOffset: p.fileOffset, address: p.address, cookie: p.cookie()})
	}
	return program, spots
}

// Shut removes the probes of groups, all at the same time.
func (a *Attachment) Shut(shut ...Group) error {
	for _, g := range shut {
		if a.links[g] != nil {
			a.links[g].remove()
		}
	}
	var errs []error
	var removed []Group
	for _, g := range shut {
		if a.links[g] == nil {
			continue
		}
		if err := a.links[g].gone(a.renewStanding); err != nil {
			errs = append(errs, fmt.Errorf("remove the %s probes from pid %d: %w", g, a.process.PID, err))
		}
		a.put(g, nil)
		removed = append(removed, g)
	}
	if slices.ContainsFunc(removed, Group.Standing) { // returns of operations are not seen
		a.forgetFlights(removed...)
	}
	return errors.Join(errs...)
}

// put sets which probes of a group are in place. Reports that the group has spent its
// allowance are ignored until the next Allow: hits that came before had none.
func (a *Attachment) put(g Group, l *linked) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.links[g], a.limits[g] = l, math.MaxInt64
}

// cut begins to remove the probes of a group that has spent its allowance, since their
// owner may be busy. A standing group has some time, as it may get a new allowance. A
// report about an earlier allowance is ignored. The caller holds mu.
func (a *Attachment) cut(g Group, spent time.Duration) {
	l := a.links[g]
	switch {
	case l == nil || spent < a.limits[g]:
	case g.Standing():
		time.AfterFunc(patience, func() { a.giveUp(g, l, spent) })
	default:
		l.remove()
	}
}

// giveUp removes a group's probes, unless the group has got another allowance since it
// spent so much.
func (a *Attachment) giveUp(g Group, l *linked, spent time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.links[g] == l && spent >= a.limits[g] {
		l.lapse()
	}
}

// Count is the number of probes in place.
func (a *Attachment) Count() int {
	n := 0
	for _, g := range Groups {
		if a.IsOpen(g) {
			n += len(a.placed[g])
		}
	}
	return n
}

// IsOpen reports whether a group has probes in place.
func (a *Attachment) IsOpen(g Group) bool { return a.links[g] != nil && a.links[g].lapsedNS() == 0 }

// Unsampled is the name under which the calls of "end" count whose span is recorded and not
// sampled, where the layout of the SDK is known.
const Unsampled = "unsampled"

// Counter is a counting probe, by the name that users see.
type Counter struct {
	Name  string
	Group Group
}

// Counters lists the counting probes that the program has functions for. Those
// of one name count together.
func (a *Attachment) Counters() []Counter {
	var counters []Counter
	for _, group := range a.placed {
		for _, p := range group {
			row := catalogue[p.probe]
			counter := Counter{Name: row.Name, Group: row.Group}
			if row.counts() && !slices.Contains(counters, counter) {
				counters = append(counters, counter)
				if row.Do == bpfActionACTION_ENDED {
					counters = append(counters, Counter{Name: Unsampled, Group: row.Group})
				}
			}
		}
	}
	return counters
}
