package agent

import (
	"cmp"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

// foreignEvery is how often breakpoints of others are looked for.
const foreignEvery = 20 * time.Second

// foreignMeter looks for breakpoints in a process's code that are not otwatch's.
type foreignMeter struct {
	process *target.Process
	own     map[uint64]bool // where otwatch's are, or will be
	resolve func(uint64) (string, bool)
	due     time.Time
	found   snapshot.Foreign
	unread  error // why they could not be looked for; nil if they could
}

func newForeignMeter(process *target.Process, own []uint64, resolve func(uint64) (string, bool)) *foreignMeter {
	m := &foreignMeter{process: process, own: map[uint64]bool{}, resolve: resolve}
	for _, address := range own {
		m.own[address] = true
	}
	return m
}

// look looks for them if that is due, and returns their addresses.
func (m *foreignMeter) look(now time.Time) (addresses []uint64, looked bool) {
	if now.Before(m.due) {
		return nil, false
	}
	m.due = now.Add(foreignEvery)
	all, err := m.process.Breakpoints()
	if m.process.Ended() {
		return nil, false
	}
	if m.unread = err; err != nil {
		m.found = snapshot.Foreign{}
		return nil, false
	}
	addresses = slices.DeleteFunc(all.Addresses, func(address uint64) bool { return m.own[address] })
	m.found = snapshot.Foreign{Looked: true, Places: uint64(len(addresses)), Cut: all.Cut, Functions: m.functions(addresses)}
	if len(addresses) > 0 {
		m.found.Tracer = m.process.Tracer()
	}
	return addresses, true
}

// functions are the functions with the most of some places.
func (m *foreignMeter) functions(addresses []uint64) (functions []snapshot.ForeignFunction) {
	places := map[string]uint64{}
	for _, address := range addresses {
		if name, ok := m.resolve(address); ok {
			places[name]++
		}
	}
	for name, n := range places {
		functions = append(functions, snapshot.ForeignFunction{Name: name, Places: n})
	}
	slices.SortFunc(functions, func(x, y snapshot.ForeignFunction) int {
		return cmp.Or(cmp.Compare(y.Places, x.Places), cmp.Compare(x.Name, y.Name))
	})
	return functions[:min(len(functions), snapshot.MaxForeign)]
}

// lookForForeign looks for breakpoints of others, and has samples counted there.
func (w *Watcher) lookForForeign() {
	addresses, looked := w.foreign.look(time.Now())
	if looked && w.samples != nil {
		w.samples.SetForeign(addresses)
	}
}
