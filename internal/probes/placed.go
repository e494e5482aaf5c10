package probes

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxMatches bounds the functions that one row matches in a program.
const maxMatches = 32

// placed is a probe on an instruction of the target's executable.
type placed struct {
	probe      int // index in catalogue
	fileOffset uint64
	address    uint64 // in the process
	do         bpfAction
	stepped    bool
}

// locate finds the instructions to probe for every row. An error for one row is an error
// for all.
func (a *Attachment) locate() error {
	placer, ok := placers[a.process.Binary.Arch]
	if !ok {
		return fmt.Errorf("%w: this version cannot place probes in %s code", ErrRefused, a.process.Binary.Arch)
	}
	functions, err := a.process.Binary.Functions(Symbols()...)
	if err != nil {
		return fmt.Errorf("look up the SDK's functions: %w", err)
	}
	for i, row := range catalogue {
		found := functions[row.Symbol]
		a.has[row.With] = len(functions[row.With]) > 0
		switch {
		case len(found) == 0:
			a.absent = append(a.absent, row)
		case row.matchesAny():
			err = a.locateMatches(placer, i, found)
		default:
			// The largest body is the function; any other is a wrapper that
			// translates calling conventions.
			err = a.locateRow(placer, i, found[0])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// locateMatches finds the instructions of the functions that a row matches and no row
// names. A function whose code is not understood gets no probe: for example the wrapper of
// the method of an embedded exporter, which ends in a jump to that method, and that has a
// probe of its own. Nor do those beyond maxMatches. The OpenTelemetry exporters' metrics
// about themselves have a method (*Instrumentation).ExportSpans, which is excluded.
func (a *Attachment) locateMatches(placer placer, index int, found []gobinary.Function) error {
	symbols := Symbols()
	found = slices.DeleteFunc(slices.Clone(found), func(f gobinary.Function) bool {
		return slices.Contains(symbols, f.Name) || strings.Contains(f.Name, "/internal/observ.")
	})
	group := catalogue[index].Group
	placed := len(a.placed[group])
	located := found[:min(len(found), maxMatches)]
	skipped := len(found) - len(located)
	for _, function := range located {
		switch err := a.locateRow(placer, index, function); {
		case errors.Is(err, errUnplaceable):
			skipped++
		case err != nil:
			return err
		}
	}
	if unprobed := catalogue[index].Unprobed; unprobed != "" && skipped > 0 {
		a.skipped[unprobed] += skipped
	}
	if len(a.placed[group]) == placed {
		a.absent = append(a.absent, catalogue[index])
	}
	return nil
}

func (a *Attachment) locateRow(placer placer, index int, function gobinary.Function) error {
	row := catalogue[index]
	code, err := a.process.Binary.Code(function)
	if err != nil {
		return fmt.Errorf("read %s: %w", row.Symbol, err)
	}
	if uint64(len(code)) < function.Size {
		return fmt.Errorf("%s: %w: it is %d bytes long", row.Symbol, errUnplaceable, function.Size)
	}
	places, err := placer.placements(row, code)
	if err != nil {
		return err
	}
	loaded := make([]byte, len(code))
	if err := a.process.Reader().Read(function.Address+a.process.Bias, loaded); err != nil {
		return err
	}
	if err := verify(code, loaded, places, placer.trap); err != nil {
		return fmt.Errorf("%s: %w: %w", row.Symbol, ErrRefused, err)
	}
	for i, place := range places {
		if i == 0 && row.At == atReturns {
			continue
		}
		offset, err := a.process.Binary.FileOffset(function.Address + place.Offset)
		if err != nil {
			return fmt.Errorf("%s: %w", row.Symbol, err)
		}
		do := row.Do
		if i > 0 && row.At == enterAndReturns {
			do = bpfActionACTION_LEAVE
		}
		if place.IfNil {
			do = bpfActionACTION_LEAVE_IF_NIL
		}
		a.placed[row.Group] = append(a.placed[row.Group], placed{
			probe: index, fileOffset: offset, address: function.Address + place.Offset + a.process.Bias, do: do, stepped: place.Stepped,
		})
	}
	return nil
}

// Addresses lists the addresses of all probed instructions in the process.
func (a *Attachment) Addresses() []uint64 {
	var addresses []uint64
	for _, group := range a.placed {
		for _, p := range group {
			addresses = append(addresses, p.address)
		}
	}
	return addresses
}

// Missing lists the figures that no probe feeds because the program lacks the functions.
// One row is enough to feed a figure. And it lists what is not known because functions that rows
// match have no probe.
func (a *Attachment) Missing() []snapshot.Missing {
	fed := map[string]bool{}
	for _, group := range a.placed {
		for _, p := range group {
			fed[catalogue[p.probe].Feeds] = true
		}
	}
	symbols := map[string][]string{}
	var figures []string
	for _, row := range a.absent {
		if fed[row.Feeds] || row.With != "" && !a.has[row.With] {
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
	for _, what := range slices.Sorted(maps.Keys(a.skipped)) {
		missing = append(missing, snapshot.Missing{What: what, Why: fmt.Sprintf("%d of the program's own methods that it rests on have no probe", a.skipped[what])})
	}
	return missing
}

func (p placed) cookie() uint64 {
	row := catalogue[p.probe]
	cookie := bpfCookie{Probe: uint8(p.probe), Group: uint8(row.Group), Operation: uint8(row.Of), Action: p.do}
	if p.stepped {
		cookie.Stepped = 1
	}
	return cookie.word()
}
