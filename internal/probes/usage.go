package probes

import (
	"fmt"
	"time"

	"github.com/cilium/ebpf"
)

// Usage is what the probes of a target have done since it was attached.
type Usage struct {
	Hits  uint64                // of all probes
	Hot   uint64                // of those on the path of every span
	Calls map[string]uint64     // within the groups' allowances, by the probes' names
	Spent [groups]time.Duration // CPU time charged to each group
	Lost  uint64                // records, operations and readings that were lost
	Busy  []Flight              // exports of spans under way
	// Unread is the number of spans that were to be read and could not be.
	Unread uint64
	// Undrawn is the number of starts and ends of spans to be followed that were lost.
	Undrawn uint64
	// CrossedNS is when each group last spent its allowance, CLOCK_MONOTONIC; 0: never.
	CrossedNS [groups]uint64
}

// Flight is an export of spans under way.
type Flight struct {
	Exporter  uint64
	Processor uint64
	Spans     uint64
	StartedNS uint64
}

// Usage reads the target's counters.
func (a *Attachment) Usage() (Usage, error) {
	maps := &a.session.objects.bpfMaps
	u := Usage{Calls: map[string]uint64{}}
	var perCPU []bpfTally
	for i, row := range catalogue {
		if err := maps.Tallies.Lookup(bpfProbeKey{Tgid: a.tgid(), Probe: uint32(i)}, &perCPU); err != nil {
			return Usage{}, fmt.Errorf("read the hits of %s in pid %d: %w", row.Name, a.process.PID, err)
		}
		for _, t := range perCPU {
			u.Hits += t.Hits
			if row.Group.Hot() {
				u.Hot += t.Hits
			}
			u.Calls[row.Name] += t.Calls
		}
	}
	for _, g := range Groups {
		var account bpfAccount
		if err := maps.Accounts.Lookup(a.groupKey(g), &account); err != nil {
			return Usage{}, fmt.Errorf("read the account of the %s probes of pid %d: %w", g, a.process.PID, err)
		}
		u.Spent[g] = time.Duration(account.SpentNs)
		u.CrossedNS[g] = account.ReportedNs
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
	u.Busy = flights(maps.Flights, a.tgid())
	return u, nil
}

// flights lists one target's exports of spans under way.
func flights(m *ebpf.Map, tgid uint32) []Flight {
	var busy []Flight
	var key bpfFlightKey
	var value bpfFlight
	for entries := m.Iterate(); entries.Next(&key, &value); {
		if key.Tgid == tgid && key.Operation == uint32(Export) {
			busy = append(busy, Flight{Exporter: value.Receiver, Processor: value.Processor, Spans: value.Length, StartedNS: value.StartedNs})
		}
	}
	return busy
}
