package agent

import (
	"errors"
	"fmt"

	"github.com/otwatch/otwatch/internal/accounting"
	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// spanReadings is what was read at the addresses of followed spans.
type spanReadings struct {
	addresses []uint64
	found     []memory.StartedSpan
	atNS      uint64
}

// prepareFollowing finds out where the fields of the SDK's structs are in this program, so
// that spans can be followed, data points of metrics counted, and providers found.
func (w *Watcher) prepareFollowing() {
	fields, err := layoutOf(w.process.Binary)
	w.kept = newKeptMeter(w.process, w.reader, fields, w.resolve)
	if w.unfollowed = err; err != nil {
		return
	}
	w.fields, w.started = fields, memory.NewStarted(w.reader, fields)
	w.windows.allowance.SpanIDOffset = w.started.IDOffset()
	w.windows.allowance.EndTimeOffset = fields[layout.SpanEndTime]
	w.windows.allowance.ParentOffset = w.started.ParentIDOffset()
	w.windows.allowance.NameOffset = fields[layout.SpanName]
	w.windows.allowance.ScopeSize = fields.ScopeSize()
	w.allowFollowing()
}

// layoutOf returns the layout that the table has for the SDK's version. For a version that
// the table does not have it reads the program's debug information, which is slow.
func layoutOf(b *gobinary.Binary) (layout.Layout, error) {
	known, unknown := layout.SDK.Of(b.SDKVersion)
	if unknown == nil {
		return known, nil
	}
	structs, err := b.Structs(layout.SDK.Structs()...)
	if errors.Is(err, gobinary.ErrNoDebug) {
		return nil, fmt.Errorf("%w, and the program has no debug information", unknown)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", unknown, err)
	}
	return layout.SDK.FromDebug(structs)
}

// allowFollowing sets how many more spans may be followed.
func (w *Watcher) allowFollowing() {
	if w.unfollowed == nil {
		w.windows.allowance.FollowSpans = w.follow.Room()
	}
}

// readFollowed reads the spans that are followed. If another object is found in place of a
// span, the garbage collection that freed the span is recorded already: its record is
// written before anything is freed.
func (w *Watcher) readFollowed() *spanReadings {
	if w.unfollowed != nil {
		return nil
	}
	s := &spanReadings{addresses: w.follow.Addresses(), atNS: monotonicNS()}
	if len(s.addresses) == 0 {
		return s
	}
	var err error
	if s.found, err = w.started.Read(s.addresses); err != nil {
		return nil // the process is ending, or its memory may not be read
	}
	return s
}

// lookAtFollowed takes in what was read.
func (w *Watcher) lookAtFollowed(s *spanReadings) {
	if s == nil {
		return
	}
	w.follow.Look(s.addresses, s.found, s.atNS, w.probes.IsOpen(probes.Collections))
	w.checkCalls(s.atNS)
	if !w.follow.Credible() {
		w.unfollowed = errMisread
		w.windows.allowance.FollowSpans, w.windows.allowance.EndTimeOffset, w.windows.allowance.ParentOffset = 0, 0, 0
		w.follow = accounting.NewFollowedSpans(w.process.Frames, monotonicNS())
	}
}

// callsPerLook bounds the calls that are checked at a time.
const callsPerLook = 4

// checkCalls checks for some spans that have been open for long whether the calls that started
// them are still under way.
func (w *Watcher) checkCalls(nowNS uint64) {
	for range callsPerLook {
		span, goroutine, returnsTo, ok := w.follow.Unchecked(nowNS)
		if !ok {
			return
		}
		underWay, known := memory.Returns(w.reader, goroutine, returnsTo)
		w.follow.Checked(span, underWay, known, nowNS)
	}
}

// readSamplers reads the samplers of the providers of spans that were just started.
func (w *Watcher) readSamplers(starts []probes.Start) {
	if w.unfollowed != nil {
		return
	}
	w.identity.samplers.look(starts,
		func(span uint64) (uint64, error) { return memory.ProviderOf(w.reader, w.fields, span) },
		func(provider uint64) (snapshot.Sampler, error) {
			return memory.ReadSampler(w.reader, w.fields, provider, w.resolve)
		})
	w.identity.target.Samplers = w.identity.samplers.found
}

// errMisread means that fields are not where the layout has them, as in a modified SDK.
var errMisread = errors.New("spans that have ended show no end time in memory: the SDK differs from its stated version")
