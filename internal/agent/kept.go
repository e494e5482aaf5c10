package agent

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

const (
	// keptRest and keptRestMost are how long it is not read again what is kept, at least and at
	// most.
	keptRest     = 2 * time.Second
	keptRestMost = time.Minute
	// noneRest is the least if no fields of that kind were found.
	noneRest = 20 * time.Second
	// keptRead is the CPU time of one read, about.
	keptRead = 3 * time.Microsecond
	// maxKnown bounds the providers whose processors are looked at.
	maxKnown = 16
	// spansTried is how many spans are asked for their provider each second.
	spansTried = 2
	// fallShare is the share of what a list has grown by that it must lose for a fall.
	fallShare = 0.1
)

// keptMeter reads now and then how many spans the processors and exporters of a process keep that
// are not the SDK's.
type keptMeter struct {
	process   *target.Process
	list      *memory.Kept
	providers *memory.Providers // nil if the SDK's layout is not known
	known     []uint64          // addresses of providers
	asked     time.Time         // when spans were last asked for their provider
	due       time.Time
	looked    bool
	cut       bool // not all was looked at
	lists     []keptList
}

// keptList is a list with the times of its readings: the first one, or that of the last fall; the
// last one at which it had grown since, or else the first; and the last one.
type keptList struct {
	snapshot.KeptList
	risingAt, grownAt, readAt time.Time
}

// newKeptMeter has seen nothing yet. fields is the SDK's layout; nil if that is not known.
func newKeptMeter(process *target.Process, reader memory.Reader, fields layout.Layout, resolve func(uint64) (string, bool)) *keptMeter {
	bases := process.Binary.TypeBases()
	for i := range bases {
		bases[i] += process.Bias
	}
	m := &keptMeter{process: process}
	var spans func([]uint64) ([]memory.StartedSpan, error)
	if fields != nil {
		providers := memory.NewProviders(reader, fields, resolve)
		m.providers, spans = &providers, memory.NewStarted(reader, fields).Read
	}
	m.list = memory.NewKept(reader, bases, resolve, spans)
	return m
}

// see takes in the providers of some spans that have just been started.
func (m *keptMeter) see(starts []probes.Start, now time.Time) {
	if m.providers == nil || len(starts) == 0 || len(m.known) == maxKnown || now.Sub(m.asked) < time.Second {
		return
	}
	m.asked = now
	for _, start := range starts[max(0, len(starts)-spansTried):] {
		if provider, ok := m.providers.Of(start.Span); ok && !slices.Contains(m.known, provider) && len(m.known) < maxKnown {
			m.known, m.due = append(m.known, provider), now
		}
	}
}

// read reads what is kept if that is due. exporters are those of the SDK's processors.
func (m *keptMeter) read(now time.Time, exporters []memory.Exporter) {
	if now.Before(m.due) {
		return
	}
	var processors, custom []memory.Interface
	m.known = slices.DeleteFunc(m.known, func(provider uint64) bool {
		found := m.providers.Processors(provider)
		processors = append(processors, found...)
		return len(found) == 0 // it is gone
	})
	for _, e := range exporters {
		if e.Custom {
			custom = append(custom, memory.Interface{Itab: e.Itab, Data: e.Address})
		}
	}
	found, err := m.list.Read(processors, custom, rand.Uint64N)
	rest := keptRest
	if len(found.Lists) == 0 && len(processors) > 0 {
		rest = noneRest
	}
	m.due = now.Add(restAfter(found.Bytes, time.Duration(found.Reads)*keptRead, rest, keptRestMost))
	if err != nil {
		return // the process is ending, or has not answered: what was read before stays
	}
	m.looked, m.cut = m.looked || len(processors)+len(exporters) > 0, found.Cut
	m.take(now, found.Lists)
}

// take takes in a reading.
func (m *keptMeter) take(now time.Time, found []snapshot.KeptReading) {
	before := m.lists
	m.lists = nil
	for _, reading := range found[:min(len(found), snapshot.MaxKept)] {
		list := keptList{KeptList: snapshot.KeptList{KeptReading: reading, Before: reading.Entries}, risingAt: now, grownAt: now, readAt: now}
		same := func(l keptList) bool { return l.Where == reading.Where && l.Of == reading.Of }
		if i := slices.IndexFunc(before, same); i >= 0 {
			list = before[i].after(reading, now)
		}
		m.lists = append(m.lists, list)
	}
}

// after is the list with one more reading.
func (l keptList) after(reading snapshot.KeptReading, now time.Time) keptList {
	lost := float64(l.Entries) - float64(reading.Entries)
	switch {
	case lost > fallShare*float64(l.Grown()):
		l.Before, l.risingAt, l.grownAt = reading.Entries, now, now
		l.Falls++
	case lost < 0:
		l.grownAt = now
	}
	l.KeptReading, l.readAt = reading, now
	return l
}

// interval returns what has been read.
func (m *keptMeter) interval(now time.Time) snapshot.Kept {
	kept := snapshot.Kept{Looked: m.looked, Cut: m.cut}
	if uptime := sinceBoot(); uptime > m.process.Started {
		kept.Age = uptime - m.process.Started
	}
	for _, l := range m.lists {
		l.Rising, l.Still = l.readAt.Sub(l.risingAt), now.Sub(l.grownAt)
		kept.Lists = append(kept.Lists, l.KeptList)
	}
	return kept
}
