package probes

import (
	"fmt"
	"maps"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// Started counts recorded spans by the origin of their parents and by whether they are sampled,
// where the layout of the SDK is known.
type Started [len(bpfTargetCounters{}.Started)]uint64

// parentOrigins are the origins of enum origin in bpf/records.h, in its order.
var parentOrigins = [...]string{snapshot.NoParent, snapshot.LocalParent, snapshot.RemoteParent}

// List has the kinds of which there were any.
func (s Started) List() []snapshot.Started {
	var list []snapshot.Started
	for i, origin := range parentOrigins {
		for sampled, result := range [...]string{snapshot.RecordOnly, snapshot.RecordAndSample} {
			if spans := s[2*i+sampled]; spans > 0 {
				list = append(list, snapshot.Started{Parent: origin, Sampling: result, Spans: spans})
			}
		}
	}
	return list
}

// Usage is what the probes of a target have done since it was attached.
type Usage struct {
	Hits    uint64                // of all probes
	Hot     uint64                // of those on the path of every span
	Calls   map[string]uint64     // within the allowances, by the probes' names
	Roots   uint64                // of the calls of "span", those with a span without a parent in the process
	Started Started               // of the calls of "recording", by what they started
	Dropped uint64                // log records that processors reported as dropped
	Spent   [groups]time.Duration // CPU time charged to each group
	Lost    uint64                // records, operations and readings that were lost
	// Unread is the number of spans that could not be read.
	Unread uint64
	// Undrawn is the number of starts and ends of followed spans that were lost.
	Undrawn uint64
	// CrossedNS is when each group last spent its allowance, CLOCK_MONOTONIC; 0: never.
	CrossedNS [groups]uint64
}

// Since is the difference to an earlier Usage of the same target. CrossedNS is not a
// count, and stays as it is.
func (u Usage) Since(earlier Usage) Usage {
	since := u
	since.Hits -= earlier.Hits
	since.Hot -= earlier.Hot
	since.Roots -= earlier.Roots
	for kind, spans := range earlier.Started {
		since.Started[kind] -= spans
	}
	since.Dropped -= earlier.Dropped
	since.Lost -= earlier.Lost
	since.Unread -= earlier.Unread
	since.Undrawn -= earlier.Undrawn
	since.Calls = make(map[string]uint64, len(u.Calls))
	for name, calls := range u.Calls {
		since.Calls[name] = calls - earlier.Calls[name]
	}
	for g := range since.Spent {
		since.Spent[g] -= earlier.Spent[g]
	}
	return since
}

// TotalSpent is the CPU time charged to all groups.
func (u Usage) TotalSpent() (total time.Duration) {
	for _, spent := range u.Spent {
		total += spent
	}
	return total
}

// Usage reads the target's counters. Every hit is charged to the account of its group: if
// no account has changed, nothing else has, and the last Usage is still right.
func (a *Attachment) Usage() (Usage, error) {
	var accounts bpfTargetAccounts
	if err := a.session.objects.Accounts.Lookup(a.tgid(), &accounts); err != nil {
		return Usage{}, fmt.Errorf("read what the probes of pid %d have spent: %w", a.process.PID, err)
	}
	if a.last == nil || accounts != a.lastAccounts {
		u, err := a.readUsage(accounts)
		if err != nil {
			return Usage{}, err
		}
		// Hits between the two reads are in u, and their charge is not in accounts yet.
		a.last, a.lastAccounts = &u, accounts
	}
	u := *a.last
	u.Calls = maps.Clone(u.Calls)
	a.mu.Lock()
	defer a.mu.Unlock()
	u.Lost += a.untaken
	return u, nil
}

func (a *Attachment) readUsage(accounts bpfTargetAccounts) (Usage, error) {
	maps := &a.session.objects.bpfMaps
	u := Usage{Calls: map[string]uint64{}}
	var perCPU []bpfTargetCounters
	if err := maps.Counters.Lookup(a.tgid(), &perCPU); err != nil {
		return Usage{}, fmt.Errorf("read the hits in pid %d: %w", a.process.PID, err)
	}
	for _, counters := range perCPU {
		for kind, spans := range counters.Started {
			u.Started[kind] += spans
		}
	}
	for i, row := range catalogue {
		for _, counters := range perCPU {
			t := counters.Of[i]
			u.Hits += t.Hits
			if row.Group.Hot() {
				u.Hot += t.Hits
			}
			u.Calls[row.Name] += t.Calls
			u.Calls[Unsampled] += t.Unsampled
			u.Roots += t.Roots
			u.Dropped += t.Dropped
		}
	}
	for _, g := range Groups {
		u.Spent[g] = time.Duration(accounts.Of[g].SpentNs)
		u.CrossedNS[g] = accounts.Of[g].ReportedNs
	}
	var losses []bpfLoss
	if err := maps.Losses.Lookup(a.tgid(), &losses); err != nil {
		return Usage{}, fmt.Errorf("read the losses of pid %d: %w", a.process.PID, err)
	}
	for _, l := range losses {
		u.Lost += l.Records + l.Flights + l.Reads
		u.Unread += l.Spans
		u.Undrawn += l.Starts
	}
	return u, nil
}
