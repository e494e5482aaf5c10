package memory

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// AddGoroutine is the runtime's function that adds a goroutine to the list of all. Its code
// tells where the list is.
const AddGoroutine = "runtime.allgadd"

const (
	// goroutineBytes bounds what one reading of the list reads, but for the last batch.
	goroutineBytes = 448 << 10
	// goroutineBatch is how many goroutines are read at a time, some 3 µs each.
	goroutineBatch = 128
	// maxListed is more goroutines than a process can have: their stacks alone are 512 GB.
	maxListed = 1 << 28
	// maxFunctions bounds the functions that are known by an address.
	maxFunctions = 1 << 10
	// outermost is how much of a stack is read: its two outermost calls, and where the
	// second one stores its frame pointer. On arm64 that is below its frame of 272 bytes.
	outermost = 512
)

// States of a goroutine, in g.atomicstatus. Source: src/runtime/runtime2.go of go1.21 to go1.27.
const (
	gRunnable  = 1
	gWaiting   = 4
	gCopyStack = 8
	gLeaked    = 10
	gScan      = 0x1000 // is added while its stack is scanned
	gStates    = 16     // there are no more of them
)

// ErrNoGoroutines means that the runtime's list of goroutines was not found.
var ErrNoGoroutines = errors.New("the runtime's list of goroutines is not where otwatch looks for it")

// runs tells by the function that a goroutine was started with what it runs. Where a component
// starts several, each of a function of its own, the most of one function are counted. Sources:
// sdk/trace/batch_span_processor.go, sdk/metric/periodic_reader.go, sdk/log/batch.go v1.7 to
// v1.47; internal/transport/http2_client.go of google.golang.org/grpc v1.46 to v1.84;
// net/http/transport.go and h2_bundle.go of go1.21 to go1.27.
var runs = []run{
	{"batch span processor", []string{"go.opentelemetry.io/otel/sdk/trace.NewBatchSpanProcessor."}},
	{"periodic metric reader", []string{"go.opentelemetry.io/otel/sdk/metric.NewPeriodicReader."}},
	{"batch log processor", []string{"go.opentelemetry.io/otel/sdk/log.(*BatchProcessor).poll."}},
	{"gRPC client connection", []string{"google.golang.org/grpc/internal/transport.NewHTTP2Client.", "google.golang.org/grpc/internal/transport.newHTTP2Client."}},
	{"HTTP client connection", []string{
		"net/http.(*Transport).dialConn.", "net/http.(*http2Transport).newClientConn.", "net/http/internal/http2.(*Transport).newClientConn.",
		"golang.org/x/net/http2.(*Transport).newClientConn.",
	}},
}

type run struct {
	kind      string
	functions []string // how their names begin
}

// starters are functions that goroutines are started with to call another: that one counts.
var starters = map[string]bool{"sync.(*WaitGroup).Go.func1": true}

// Goroutines reads the runtime's list of goroutines in a process's memory. Goroutines that have
// ended stay in the list, and nothing is ever removed from it.
type Goroutines struct {
	reader    Reader
	resolve   func(uint64) (string, bool) // names the function at an address
	list      uint64                      // address of runtime.allgs
	exit      uint64                      // that start functions return to
	status    uint64                      // offset in a g
	start     uint64                      // offset in a g, behind status
	functions map[uint64]function         // by an address in it
}

// function is a function that goroutines run.
type function struct {
	name    string // "" if there is none
	kind    int    // place in runs, or none
	starter bool
}

// none is no place in runs: that of all other goroutines.
const none = -1

// FindGoroutines finds the list. references are the addresses, in the process, that the code of
// AddGoroutine refers to; exit is the address in runtime.goexit that start functions return to.
// The list is the slice among the references whose array and length are those in two more of
// them, runtime.allgptr and runtime.allglen.
func FindGoroutines(r Reader, references []uint64, exit uint64, l layout.Layout, resolve func(uint64) (string, bool)) (*Goroutines, error) {
	values := map[uint64]bool{}
	var word [1]uint64
	for _, address := range references {
		if r.words(address, word[:]) == nil {
			values[word[0]] = true
		}
	}
	for _, address := range references {
		array, length, ok, err := listAt(r, address)
		if aboutProcess(err) {
			return nil, err // of others, the address is not that of the list
		}
		if ok && values[array] && values[length] {
			return &Goroutines{
				reader: r, resolve: resolve, list: address, exit: exit, functions: map[uint64]function{},
				status: l[layout.GoroutineStatus], start: l[layout.GoroutineStart],
			}, nil
		}
	}
	return nil, ErrNoGoroutines
}

// listAt reads a slice that may be the list. ok is false if it cannot be.
func listAt(r Reader, address uint64) (array, length uint64, ok bool, err error) {
	var slice [3]uint64
	if err := r.words(address, slice[:]); err != nil {
		return 0, 0, false, err
	}
	array, length = slice[0], slice[1]
	return array, length, array != 0 && array%8 == 0 && length > 0 && length <= slice[2] && length <= maxListed, nil
}

// Read reads the list: all of it or, if it is long, a random sample, as large as 448 kB and the
// time allow. draw returns a random number below n. bytes is how many were read. The error is
// ErrNoGoroutines if what is read are no goroutines; others are about the process.
func (g *Goroutines) Read(within time.Duration, draw func(n uint64) uint64) (reading snapshot.GoroutineReading, bytes int, err error) {
	array, length, ok, err := listAt(g.reader, g.list)
	if err != nil {
		return reading, 0, err
	}
	if !ok {
		return reading, 0, ErrNoGoroutines
	}
	reading.Listed = length
	t := tally{Goroutines: g, counts: map[uint64]uint64{}}
	places := shuffle{of: length, draw: draw, moved: map[uint64]uint64{}}
	for began := time.Now(); reading.Looked == 0 || t.bytes < goroutineBytes && reading.Looked < length && time.Since(began) < within; {
		batch := places.next(goroutineBatch)
		if err := t.add(array, batch); err != nil {
			return reading, t.bytes, err
		}
		reading.Looked += uint64(len(batch))
	}
	if 2*t.odd > t.alive {
		return reading, t.bytes, ErrNoGoroutines
	}
	reading.Unknown, reading.Living = t.unknown, t.living(reading.Looked < length)
	return reading, t.bytes, nil
}

// tally counts the goroutines of one reading.
type tally struct {
	*Goroutines
	bytes   int
	counts  map[uint64]uint64 // of living ones, by the function that they run
	unknown uint64            // living ones of which it is not known what they run
	odd     uint64            // living ones that were started with no function
	alive   uint64
}

// add counts the goroutines at some places of the list.
func (t *tally) add(array uint64, places []uint64) error {
	goroutines := make([]uint64, len(places))
	for i, place := range places {
		goroutines[i] = array + 8*place
	}
	pointers, err := t.each(goroutines, 8)
	if err != nil {
		return err
	}
	for i, pointer := range pointers {
		goroutines[i] = binary.LittleEndian.Uint64(pointer)
	}
	states := make([]uint64, len(goroutines))
	for i, goroutine := range goroutines {
		states[i] = goroutine + t.status
	}
	heads, err := t.each(states, int(t.start-t.status)+8)
	if err != nil {
		return err
	}
	var indirect []uint64
	for i, head := range heads {
		state := binary.LittleEndian.Uint32(head) &^ gScan
		switch {
		case state >= gStates:
			return ErrNoGoroutines
		case state >= gRunnable && state <= gWaiting || state >= gCopyStack && state <= gLeaked:
			if t.addLiving(binary.LittleEndian.Uint64(head[t.start-t.status:])) {
				indirect = append(indirect, goroutines[i])
			}
		}
	}
	return t.addIndirect(indirect)
}

// each reads a piece of memory at each address, all of which must be there.
func (t *tally) each(addresses []uint64, size int) ([][]byte, error) {
	buf := make([]byte, size*len(addresses))
	read, err := t.reader.ReadEach(addresses, size, buf)
	if err != nil {
		return nil, err
	}
	if slices.Contains(read, false) {
		return nil, ErrNoGoroutines
	}
	t.bytes += len(buf)
	return slices.Collect(slices.Chunk(buf, size)), nil
}

// addLiving counts a goroutine by the function that it was started with, unless that is one that
// calls another.
func (t *tally) addLiving(start uint64) (indirect bool) {
	t.alive++
	function := t.functionAt(start)
	switch {
	case function.starter:
		return true
	case function.name == "":
		t.odd++
	}
	if function.kind != none {
		t.counts[start]++
	}
	return false
}

// addIndirect counts goroutines by the function that their start function has called.
func (t *tally) addIndirect(goroutines []uint64) error {
	if len(goroutines) == 0 {
		return nil
	}
	tops, err := t.each(goroutines, 8*(stackHigh+1))
	if err != nil {
		return err
	}
	addresses := make([]uint64, len(tops))
	for i, top := range tops {
		addresses[i] = binary.LittleEndian.Uint64(top[8*stackHigh:]) - outermost
	}
	stacks := make([]byte, outermost*len(addresses))
	read, err := t.reader.ReadEach(addresses, outermost, stacks)
	if err != nil {
		return err
	}
	t.bytes += len(stacks)
	for i, address := range addresses {
		running, ok := called(stacks[outermost*i:][:outermost], address, t.exit)
		switch function := t.functionAt(running); {
		case !read[i] || !ok:
			t.unknown++
		case function.kind != none:
			t.counts[running]++
		}
	}
	return nil
}

// called returns an address in the function that a start function has called, and that has
// called another: the one to which that returns. stack is the end of a stack, at an address.
// Every call stores, beside the address that it returns to, where its caller has stored the
// same. Source: cmd/internal/obj/x86/obj6.go and arm64/obj7.go, frame pointers.
func called(stack []byte, address, exit uint64) (running uint64, ok bool) {
	const frames = 2 // within the start function, and within what it has called
	word := func(at int) uint64 { return binary.LittleEndian.Uint64(stack[at:]) }
	last, found := uint64(0), -1
	for at := len(stack) - 16; at >= 0; at -= 8 {
		switch {
		case found < 0 && word(at+8) == exit, found >= 0 && word(at) == last:
			last, running = address+uint64(at), word(at+8)
			if found++; found == frames {
				return running, true
			}
		}
	}
	return 0, false
}

// functionAt is what is known of the function at an address.
func (g *Goroutines) functionAt(address uint64) function {
	if known, ok := g.functions[address]; ok {
		return known
	}
	if len(g.functions) == maxFunctions {
		clear(g.functions) // a program may have more, but not many times more
	}
	f := function{kind: none}
	if name, ok := g.resolve(address); ok {
		f = function{name: name, kind: kindOf(name), starter: starters[name]}
	}
	g.functions[address] = f
	return f
}

// kindOf is the place of a function's kind in runs, or none.
func kindOf(name string) int {
	return slices.IndexFunc(runs, func(r run) bool {
		return slices.ContainsFunc(r.functions, func(beginning string) bool { return strings.HasPrefix(name, beginning) })
	})
}

// living are the kinds of components that goroutines run. Of a sample they are all kinds: what is
// not in it may live.
func (t *tally) living(sample bool) []snapshot.LivingKind {
	byName := map[string]uint64{} // an indirect function has as many addresses as calls
	most := make([]uint64, len(runs))
	for address, n := range t.counts {
		f := t.functionAt(address)
		byName[f.name] += n
		most[f.kind] = max(most[f.kind], byName[f.name])
	}
	var living []snapshot.LivingKind
	for i, n := range most {
		if n > 0 || sample {
			living = append(living, snapshot.LivingKind{Kind: runs[i].kind, Count: n})
		}
	}
	return living
}

// shuffle draws numbers below of, each once.
type shuffle struct {
	of, drawn uint64
	draw      func(n uint64) uint64
	moved     map[uint64]uint64 // the numbers at places where they are not at first
}

// next draws up to n more. Source: Fisher and Yates, with places that were never exchanged left
// out.
func (s *shuffle) next(n int) []uint64 {
	at := func(place uint64) uint64 {
		if moved, ok := s.moved[place]; ok {
			return moved
		}
		return place
	}
	var numbers []uint64
	for ; len(numbers) < n && s.drawn < s.of; s.drawn++ {
		place := s.drawn + s.draw(s.of-s.drawn)
		numbers = append(numbers, at(place))
		s.moved[place] = at(s.drawn)
		delete(s.moved, s.drawn)
	}
	return numbers
}
