package probes

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cilium/ebpf"

	"github.com/otwatch/otwatch/internal/failure"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Attachment is the probes of one target. Its groups are opened and shut separately. The
// methods are for one goroutine, except receive. Close it when done.
type Attachment struct {
	session *Session
	process *target.Process
	linking untrusted.Calls
	placed  [groups][]placed
	absent  []probe
	skipped map[string]int        // functions that rows match and that have no probe, by Unprobed
	has     map[string]bool       // functions that probes are needed with
	links   [groups]*linked       // written under mu
	limits  [groups]time.Duration // how much the groups may have spent; under mu
	leases  Leases

	last         *Usage // the last Usage that was read, with lastAccounts; nil: none
	lastAccounts bpfTargetAccounts

	errors map[uint64]failure.Shape // types of errors, by the addresses of their methods

	mu      sync.Mutex
	pending Records
	copied  map[uint64]*copiedError // errors whose operations' records come next, by goroutine
	untaken uint64                  // records that pending had no room for

	overspent chan Group
	sighted   chan struct{}
}

// Attach finds and verifies the instructions to probe in a process. It opens no group.
// That the program lacks the function of a row is not an error: see Missing.
func (s *Session) Attach(process *target.Process) (*Attachment, error) {
	a := &Attachment{session: s, process: process, linking: untrusted.Calls{Limit: linkLimit, Owner: process.UID()}, overspent: make(chan Group, groups), sighted: make(chan struct{}, 1), copied: map[uint64]*copiedError{}, has: map[string]bool{}, skipped: map[string]int{}}
	err := a.locate()
	if err == nil {
		a.errors, err = a.knownErrors()
	}
	if err != nil {
		return nil, fmt.Errorf("pid %d: %w", process.PID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attached[a.tgid()] != nil {
		return nil, fmt.Errorf("pid %d is already being watched", process.PID)
	}
	if err := a.fillMaps(); err != nil {
		a.clearMaps()
		return nil, fmt.Errorf("pid %d: %w", process.PID, err)
	}
	s.attached[a.tgid()] = a
	return a, nil
}

func (a *Attachment) tgid() uint32 { return uint32(a.process.PID) }

// fillMaps makes the target's map entries. The programs ignore hits in processes that
// have none.
func (a *Attachment) fillMaps() error {
	maps := &a.session.objects.bpfMaps
	cpus := ebpf.MustPossibleCPU()
	err := errors.Join(
		maps.Losses.Put(a.tgid(), make([]bpfLoss, cpus)),
		maps.Counters.Put(a.tgid(), make([]bpfTargetCounters, cpus)),
		maps.Accounts.Put(a.tgid(), bpfTargetAccounts{}),
		a.fillErrors())
	for _, group := range Groups {
		err = errors.Join(err, a.Allow(group, Allowance{Charge: a.session.cost.Charged()}))
	}
	if err != nil {
		return fmt.Errorf("make room for the target in the BPF maps: %w", err)
	}
	return nil
}

// clearMaps removes the entries of fillMaps that exist.
func (a *Attachment) clearMaps() {
	maps := &a.session.objects.bpfMaps
	_ = maps.Losses.Delete(a.tgid())
	_ = maps.Counters.Delete(a.tgid())
	_ = maps.Accounts.Delete(a.tgid())
	a.clearErrors()
	for _, group := range Groups {
		_ = maps.Allowances.Delete(a.groupKey(group))
		program, spots := a.spots(group)
		a.session.linker.forget(a.process.PID, program, spots)
	}
}

func (a *Attachment) groupKey(g Group) bpfGroupKey {
	return bpfGroupKey{Tgid: a.tgid(), Group: uint32(g)}
}

// Close removes all probes and the target's entries in the maps.
func (a *Attachment) Close() error {
	err := a.Shut(Groups[:]...)
	a.forgetFlights(Groups[:]...)
	a.session.mu.Lock()
	if a.session.attached[a.tgid()] == a {
		delete(a.session.attached, a.tgid())
		a.clearMaps()
	}
	a.session.mu.Unlock()
	return err
}
