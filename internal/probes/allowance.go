package probes

import (
	"fmt"
	"time"
)

// MaxSpans is how many spans are read at most on one allowance: some 0.2 MB of the ring
// buffer, which all targets share. MaxStarts is how many are followed at most, and MaxCallers
// how many callers of ForceFlush and Shutdown, or log processors in the group of spans, may be
// reported.
const (
	MaxSpans   = 1024
	MaxStarts  = 512
	MaxCallers = 4
)

// Allowance is what a group's probes may do until the group gets another one.
type Allowance struct {
	// Limit is how much CPU time the group's hits may have cost since the target was
	// attached. Beyond it, and with a Limit of 0, hits are not counted as calls.
	Limit  time.Duration
	Charge Cost // what a hit costs
	// ReadOneIn is N if one in N spans that end is read; 0: none is.
	ReadOneIn uint32
	// EndTimeOffset is where the end time is in a recordingSpan. With it the End of a span is
	// counted once, however often it is called; 0: it is counted each time.
	EndTimeOffset uint64
	// FollowSpans is how many spans may be chosen at their start to be followed, MaxStarts
	// at most. SpanIDOffset is where the span id is in a recordingSpan.
	FollowSpans  int
	SpanIDOffset uint64
	// ParentOffset is where the span id of the parent is in a recordingSpan; 0: started spans are
	// not counted by their parents.
	ParentOffset uint64
	// NameOffset is where the name is in a recordingSpan.
	NameOffset uint64
	// ScopeSize is the size of an instrumentation.Scope, with which the data points are
	// counted that metric readers collect; 0: they are not counted.
	ScopeSize uint64
}

// Allow gives a group an allowance. When its Limit is reached Overspent yields the group,
// and its probes are removed: at once, or soon if the group is to stand all the time and
// gets no other allowance.
func (a *Attachment) Allow(g Group, allowance Allowance) error {
	a.mu.Lock()
	a.limits[g] = allowance.Limit
	a.mu.Unlock()
	if err := a.session.objects.Allowances.Put(a.groupKey(g), allowance.entry()); err != nil {
		return fmt.Errorf("set the allowance of the %s probes of pid %d: %w", g, a.process.PID, err)
	}
	return nil
}

// entry is the allowance as the BPF programs have it.
func (a Allowance) entry() bpfAllowance {
	entry := bpfAllowance{LimitNs: uint64(a.Limit), EmulatedNs: uint32(a.Charge.Emulated), SteppedNs: uint32(a.Charge.Stepped)}
	if a.Limit > 0 {
		entry.OneIn, entry.Spans = a.ReadOneIn, MaxSpans
		entry.SpanId, entry.Starts = uint32(a.SpanIDOffset), uint32(min(max(a.FollowSpans, 0), MaxStarts))
		entry.Callers = MaxCallers
		entry.ScopeSize, entry.EndTime = uint32(a.ScopeSize), uint32(a.EndTimeOffset)
		entry.SpanName = uint32(a.NameOffset)
		entry.Parent = uint32(a.ParentOffset)
	}
	return entry
}

// Overspent yields a group as soon as it has spent its allowance.
func (a *Attachment) Overspent() <-chan Group { return a.overspent }
