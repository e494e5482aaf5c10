package agent

import (
	"errors"
	"fmt"

	"github.com/otwatch/otwatch/internal/accounting"
	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
)

// spanReadings are what stood where followed spans were.
type spanReadings struct {
	addresses []uint64
	found     []memory.StartedSpan
	atNS      uint64
}

// arrange finds out where the fields of the process's spans lie, so that some can
// be followed, and the data points of its metrics counted.
func (w *Watcher) arrange() {
	lies, err := layoutOf(w.process.Binary)
	if w.layout = err; err != nil {
		return
	}
	w.started = memory.NewStarted(w.reader, lies)
	w.drawFollowed()
	w.probes.CountPoints(lies.ScopeSize())
	w.probes.CountEndsOnce(lies[layout.SpanEndTime])
}

// layoutOf takes the table's word, and the program's own only for a version that
// the table does not have: to read that takes long.
func layoutOf(b *gobinary.Binary) (layout.Layout, error) {
	lies, unknown := layout.Of(b.SDKVersion)
	if unknown == nil {
		return lies, nil
	}
	structs, err := b.Structs(layout.Structs()...)
	if errors.Is(err, gobinary.ErrNoDebug) {
		return nil, fmt.Errorf("%w, and the program has no debug information", unknown)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", unknown, err)
	}
	return layout.FromDebug(structs)
}

// drawFollowed sets how many more spans are drawn to be followed.
func (w *Watcher) drawFollowed() {
	if w.layout == nil {
		w.probes.Follow(w.started.IDOffset(), w.follow.Room())
	}
}

// readFollowed reads the spans that are followed. The collection that freed one
// whose place another object has is recorded by then: its record is written before
// anything is freed.
func (w *Watcher) readFollowed() *spanReadings {
	if w.layout != nil {
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

// enterFollowed enters what was read.
func (w *Watcher) enterFollowed(s *spanReadings) {
	if s == nil {
		return
	}
	w.follow.Look(s.addresses, s.found, s.atNS, w.probes.IsOpen(probes.Collections))
	if !w.follow.Credible() {
		w.layout = errMisread
		w.probes.Follow(0, 0)
		w.probes.CountEndsOnce(0)
		w.follow = accounting.NewFollowedSpans(w.process.Frames, monotonicNS())
	}
}

// errMisread says that fields do not lie where they are said to, as in an SDK that
// was changed.
var errMisread = errors.New("spans that have ended show no end time in memory: the SDK differs from its stated version")
