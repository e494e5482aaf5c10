package probes

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cilium/ebpf"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

// Attachment is the probes of one target. Groups are opened and shut by
// themselves. The methods but receive are for one goroutine. Close it when done.
type Attachment struct {
	session *Session
	process *target.Process
	placed  [groups][]placed
	absent  []probe
	links   [groups]io.Closer
	charge  Cost   // what a hit is charged
	oneIn   uint32 // spans, of which one is read, or followed
	follow  follow

	last         *Usage // and what the accounts were then; nil: none was read
	lastAccounts [groups]bpfAccount

	mu      sync.Mutex
	pending Records

	overspent chan Group
	sighted   chan struct{}
}

// maxExporters bounds the functions that anyExporter stands for in a program.
const maxExporters = 32

// placed is a probe at a place in the target's executable.
type placed struct {
	probe      int // index in catalogue
	fileOffset uint64
	address    uint64 // in the process
	do         bpfAction
	stepped    bool
}

// Attach finds and verifies the places of all probes in a process. It opens no
// group yet. A row whose function the program does not have is no error: see
// Missing.
func (s *Session) Attach(process *target.Process) (*Attachment, error) {
	a := &Attachment{session: s, process: process, charge: s.cost.Charged(), overspent: make(chan Group, groups), sighted: make(chan struct{}, 1)}
	if err := a.place(); err != nil {
		return nil, fmt.Errorf("pid %d: %w", process.PID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attached[a.tgid()] != nil {
		return nil, fmt.Errorf("pid %d is being watched already", process.PID)
	}
	if err := a.fillMaps(); err != nil {
		a.clearMaps()
		return nil, fmt.Errorf("pid %d: %w", process.PID, err)
	}
	s.attached[a.tgid()] = a
	return a, nil
}

func (a *Attachment) tgid() uint32 { return uint32(a.process.PID) }

// place looks every row's function up and finds its places. Doubt about one is
// doubt about all.
func (a *Attachment) place() error {
	placer, ok := placers[a.process.Binary.Arch]
	if !ok {
		return fmt.Errorf("%w: this version does not know where probes go in %s code", ErrRefused, a.process.Binary.Arch)
	}
	functions, err := a.process.Binary.Functions(Symbols()...)
	if err != nil {
		return fmt.Errorf("look up the SDK's functions: %w", err)
	}
	for i, row := range catalogue {
		found := functions[row.Symbol]
		switch {
		case len(found) == 0:
			a.absent = append(a.absent, row)
		case row.Symbol == anyExporter:
			err = a.placeExporters(placer, i, found)
		default:
			// The largest body is the function; any other is a wrapper that
			// translates calling conventions.
			err = a.placeRow(placer, i, found[0])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// placeExporters places the probes of span exporters that no row names. One
// whose code is not understood gets none, as the wrapper of a method that
// another exporter is embedded for, which ends in a jump to it: that one has a
// probe of its own. The OpenTelemetry exporters' metrics about themselves have a
// method of that name too, (*Instrumentation).ExportSpans.
func (a *Attachment) placeExporters(placer placer, index int, found []target.Function) error {
	symbols := Symbols()
	found = slices.DeleteFunc(slices.Clone(found), func(f target.Function) bool {
		return slices.Contains(symbols, f.Name) || strings.Contains(f.Name, "/internal/observ.")
	})
	placed := len(a.placed[Exports])
	for _, function := range found[:min(len(found), maxExporters)] {
		if err := a.placeRow(placer, index, function); err != nil && !errors.Is(err, errUnplaceable) {
			return err
		}
	}
	if len(a.placed[Exports]) == placed {
		a.absent = append(a.absent, catalogue[index])
	}
	return nil
}

func (a *Attachment) placeRow(placer placer, index int, function target.Function) error {
	row := catalogue[index]
	code, err := a.process.Binary.Code(function)
	if err != nil {
		return fmt.Errorf("read %s: %w", row.Symbol, err)
	}
	if uint64(len(code)) < function.Size {
		return fmt.Errorf("%s: %w: it is %d bytes long", row.Symbol, errUnplaceable, function.Size)
	}
	places, err := placer.place(row, code)
	if err != nil {
		return err
	}
	loaded := make([]byte, len(code))
	if err := (memory.Reader{PID: a.process.PID}).Read(function.Address+a.process.Bias, loaded); err != nil {
		return err
	}
	if err := verify(code, loaded, places, placer.trap); err != nil {
		return fmt.Errorf("%s: %w: %w", row.Symbol, ErrRefused, err)
	}
	for i, place := range places {
		offset, err := a.process.Binary.FileOffset(function.Address + place.Offset)
		if err != nil {
			return fmt.Errorf("%s: %w", row.Symbol, err)
		}
		do := row.Do
		if i > 0 {
			do = bpfActionACTION_LEAVE
		}
		a.placed[row.Group] = append(a.placed[row.Group], placed{
			probe: index, fileOffset: offset, address: function.Address + place.Offset + a.process.Bias, do: do, stepped: place.Stepped,
		})
	}
	return nil
}

// fillMaps makes the target's entries. The programs take a hit without one for
// somebody else's.
func (a *Attachment) fillMaps() error {
	maps := &a.session.objects.bpfMaps
	cpus := ebpf.MustPossibleCPU()
	err := maps.Losses.Put(a.tgid(), make([]bpfLoss, cpus))
	for i := range catalogue {
		err = errors.Join(err, maps.Tallies.Put(bpfProbeKey{Tgid: a.tgid(), Probe: uint32(i)}, make([]bpfTally, cpus)))
	}
	for _, group := range Groups {
		err = errors.Join(err,
			maps.Accounts.Put(a.groupKey(group), bpfAccount{}),
			a.Allow(group, 0))
	}
	if err != nil {
		return fmt.Errorf("make room for the target in the BPF maps: %w", err)
	}
	return nil
}

// clearMaps removes what fillMaps made; what is not there needs no removing.
func (a *Attachment) clearMaps() {
	maps := &a.session.objects.bpfMaps
	_ = maps.Losses.Delete(a.tgid())
	for i := range catalogue {
		_ = maps.Tallies.Delete(bpfProbeKey{Tgid: a.tgid(), Probe: uint32(i)})
	}
	for _, group := range Groups {
		_ = maps.Accounts.Delete(a.groupKey(group))
		_ = maps.Allowances.Delete(a.groupKey(group))
	}
}

func (a *Attachment) groupKey(g Group) bpfGroupKey {
	return bpfGroupKey{Tgid: a.tgid(), Group: uint32(g)}
}

// Open puts a group's probes in place. A group that is open stays so.
func (a *Attachment) Open(g Group) error {
	if a.links[g] != nil || len(a.placed[g]) == 0 {
		return nil
	}
	program := bpfProgObserve
	if g == Spans {
		program = bpfProgCount
	}
	var spots []spot
	for _, p := range a.placed[g] {
		spots = append(spots, spot{fileOffset: p.fileOffset, cookie: p.cookie()})
	}
	l, err := a.session.linker.link(a.process.ExePath(), a.process.PID, program, spots)
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w; grant CAP_BPF and CAP_PERFMON, or run as root", err)
	}
	if err != nil {
		return fmt.Errorf("attach the %s probes to pid %d: %w", g, a.process.PID, err)
	}
	a.links[g] = l
	return nil
}

// Shut removes a group's probes.
func (a *Attachment) Shut(g Group) error {
	if a.links[g] == nil {
		return nil
	}
	err := a.links[g].Close()
	a.links[g] = nil
	if err != nil {
		return fmt.Errorf("remove the %s probes from pid %d: %w", g, a.process.PID, err)
	}
	return nil
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

// Addresses are those of all probes' instructions in the process.
func (a *Attachment) Addresses() []uint64 {
	var addresses []uint64
	for _, group := range a.placed {
		for _, p := range group {
			addresses = append(addresses, p.address)
		}
	}
	return addresses
}

// IsOpen reports whether a group has probes in place.
func (a *Attachment) IsOpen(g Group) bool { return a.links[g] != nil }

// Allow sets how much the hits of a group may have cost in all before Overspent
// tells of it. From then on, and with a limit of 0, its hits are not counted as
// calls.
func (a *Attachment) Allow(g Group, limit time.Duration) error {
	allowance := bpfAllowance{
		LimitNs: uint64(limit), EmulatedNs: uint32(a.charge.Emulated), SteppedNs: uint32(a.charge.Stepped),
	}
	if limit > 0 {
		allowance.OneIn, allowance.Spans = a.oneIn, MaxSpans
		allowance.SpanId, allowance.Starts = a.follow.idOffset, a.follow.room
	}
	if err := a.session.objects.Allowances.Put(a.groupKey(g), allowance); err != nil {
		return fmt.Errorf("set the allowance of the %s probes of pid %d: %w", g, a.process.PID, err)
	}
	return nil
}

// Charge sets what a hit is charged from the next Allow of its group on.
func (a *Attachment) Charge(c Cost) { a.charge = c }

// Overspent yields a group as soon as it has spent its allowance.
func (a *Attachment) Overspent() <-chan Group { return a.overspent }

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
			}
		}
	}
	return counters
}

// Sighted tells that Discovery has seen a processor, for Take to yield.
func (a *Attachment) Sighted() <-chan struct{} { return a.sighted }

// notify leaves a note, unless one waits already.
func notify(notes chan struct{}) {
	select {
	case notes <- struct{}{}:
	default:
	}
}

// Missing lists the figures that lack a probe because the program does not have
// its function. A figure that any row feeds is not missing.
func (a *Attachment) Missing() []snapshot.Missing {
	fed := map[string]bool{"": true}
	for _, group := range a.placed {
		for _, p := range group {
			fed[catalogue[p.probe].Feeds] = true
		}
	}
	symbols := map[string][]string{}
	var figures []string
	for _, row := range a.absent {
		if fed[row.Feeds] {
			continue
		}
		if symbols[row.Feeds] == nil {
			figures = append(figures, row.Feeds)
		}
		symbols[row.Feeds] = append(symbols[row.Feeds], row.function())
	}
	var missing []snapshot.Missing
	for _, figure := range figures {
		missing = append(missing, snapshot.Missing{What: figure, Why: "the program has no " + strings.Join(symbols[figure], " and no ")})
	}
	return missing
}

// Drain returns when everything recorded before the call is there to Take.
func (a *Attachment) Drain() error { return a.session.Drain() }

// Take returns what was recorded since the last call.
func (a *Attachment) Take() Records {
	a.mu.Lock()
	defer a.mu.Unlock()
	records := a.pending
	a.pending = Records{}
	return records
}

// receive takes in one record of the ring buffer.
func (a *Attachment) receive(raw []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	head, ok := decode[struct{ Kind bpfRecordKind }](raw)
	if !ok {
		return
	}
	switch head.Kind {
	case bpfRecordKindRECORD_OPERATION:
		if r, ok := decode[bpfOperationRecord](raw); ok {
			a.pending.Calls = append(a.pending.Calls, callOf(r))
		}
	case bpfRecordKindRECORD_PROCESSOR:
		if r, ok := decode[bpfProcessorRecord](raw); ok {
			a.pending.Sightings = append(a.pending.Sightings, sightingOf(r))
			if r.Snapshot != 0 {
				notify(a.sighted)
			}
		}
	case bpfRecordKindRECORD_COLLECTION:
		if r, ok := decode[bpfCollectionRecord](raw); ok {
			a.pending.Collections = append(a.pending.Collections, collectionOf(r))
		}
	case bpfRecordKindRECORD_SPAN:
		if r, ok := decode[bpfSpanRecord](raw); ok {
			a.pending.Spans = append(a.pending.Spans, spanOf(r))
		}
	case bpfRecordKindRECORD_STARTED:
		if r, ok := decode[bpfStartedRecord](raw); ok {
			a.pending.Starts = append(a.pending.Starts, startOf(r))
		}
	case bpfRecordKindRECORD_ENDED:
		if r, ok := decode[bpfEndedRecord](raw); ok {
			a.pending.Ends = append(a.pending.Ends, End{Span: r.Span, ID: r.Id, EndedNS: r.EndedNs})
		}
	case bpfRecordKindRECORD_OVERSPENT:
		if r, ok := decode[bpfOverspentRecord](raw); ok && r.Group < uint32(groups) {
			select {
			case a.overspent <- Group(r.Group):
			default: // as many as there are groups are waiting already
			}
		}
	}
}

// Close removes all probes and the target's entries in the maps.
func (a *Attachment) Close() error {
	var errs []error
	for _, g := range Groups {
		errs = append(errs, a.Shut(g))
	}
	a.forgetFlights()
	a.session.mu.Lock()
	if a.session.attached[a.tgid()] == a {
		delete(a.session.attached, a.tgid())
		a.clearMaps()
	}
	a.session.mu.Unlock()
	return errors.Join(errs...)
}

func (p placed) cookie() uint64 {
	row := catalogue[p.probe]
	cookie := bpfCookie{Probe: uint8(p.probe), Group: uint8(row.Group), Operation: uint8(row.Of), Action: p.do}
	if p.stepped {
		cookie.Stepped = 1
	}
	return cookie.word()
}
