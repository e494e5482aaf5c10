package memory

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// maxObjects bounds the objects that are looked at in one reading, maxObject the bytes that
	// are read of each.
	maxObjects = 64
	maxObject  = 2 << 10
	// maxDistance is how many pointers lead from a processor or an exporter to an object.
	maxDistance = 3
	// maxDepth bounds the structs within structs.
	maxDepth = 4
	// maxElements is how many elements of a slice or an array are looked at, as for the
	// processors that a processor hands its spans to.
	maxElements = 16
	// maxKept is more than any slice or map has: a greater number is not a length.
	maxKept = 1 << 40
)

// spanTypes are the types of spans, and of what stands for one.
var spanTypes = map[string]bool{
	"go.opentelemetry.io/otel/trace.Span":              true,
	"go.opentelemetry.io/otel/sdk/trace.ReadOnlySpan":  true,
	"go.opentelemetry.io/otel/sdk/trace.ReadWriteSpan": true,
	"go.opentelemetry.io/otel/sdk/trace.snapshot":      true,
	recordingSpan: true,
	"go.opentelemetry.io/otel/sdk/trace/tracetest.SpanStub": true,
	"go.opentelemetry.io/proto/otlp/trace/v1.Span":          true,
	"go.opentelemetry.io/proto/otlp/trace/v1.ResourceSpans": true,
}

const recordingSpan = "go.opentelemetry.io/otel/sdk/trace.recordingSpan"

// sdkProcessors are the SDK's processors: of these, only the exporters are looked at. Their
// queues and batches are bounded, and read elsewhere.
var sdkProcessors = map[string]bool{
	"go.opentelemetry.io/otel/sdk/trace.batchSpanProcessor":  true,
	"go.opentelemetry.io/otel/sdk/trace.simpleSpanProcessor": true,
}

const spanExporter = "go.opentelemetry.io/otel/sdk/trace.SpanExporter"

// passedOver are the beginnings of the names of types in which no spans are looked for: those of
// OpenTelemetry, but for package tracetest, and of what exporters send with.
var passedOver = []string{"go.opentelemetry.io/otel/", "google.golang.org/", "net/", "net.", "sync.", "sync/", "context.", "crypto/", "time.", "os.", "log.", "log/", "reflect."}

const tracetestPackage = "go.opentelemetry.io/otel/sdk/trace/tracetest."

// Interface is the two words of an interface that has methods.
type Interface struct{ Itab, Data uint64 }

// Kept finds the slices and maps in which processors and exporters that are not the SDK's keep
// spans, by the runtime's descriptions of their types. It sees what fields lead to, not what
// global variables and closures have.
type Kept struct {
	types
	bases   []uint64
	resolve func(address uint64) (string, bool)
	spans   func(addresses []uint64) ([]StartedSpan, error)
	holds   map[uint64]bool // types whose values are or have spans
}

// NewKept returns a Kept of a process. One of bases must be the address that its names of types
// are relative to. spans reads spans that were started; nil if their layout is not known.
func NewKept(r Reader, bases []uint64, resolve func(uint64) (string, bool), spans func([]uint64) ([]StartedSpan, error)) *Kept {
	return &Kept{types: types{reader: r, known: map[uint64]*goType{}}, bases: bases, resolve: resolve, spans: spans, holds: map[uint64]bool{}}
}

// object is a value that is looked at.
type object struct {
	typ      uint64 // address of its type
	address  uint64
	distance int
	exporter bool
}

// keptList is a slice or a map that may have spans.
type keptList struct {
	snapshot.KeptReading
	typ   *goType
	words [3]uint64 // a slice, or the address of a map
}

// KeptFound is what one reading found.
type KeptFound struct {
	Lists        []snapshot.KeptReading // those with the most entries first
	Cut          bool                   // not all was looked at
	Bytes, Reads int                    // what it has cost
}

// Read reads how many spans are kept by some processors and exporters, and by what their fields lead
// to. exporters are those of the SDK's own processors. draw returns a random number below n. An
// error is about the process.
func (k *Kept) Read(processors, exporters []Interface, draw func(n uint64) uint64) (KeptFound, error) {
	k.cost, k.err = cost{}, nil
	s := search{Kept: k, draw: draw, seen: map[[2]uint64]bool{}}
	for _, p := range processors {
		s.follow(p.Itab, p.Data, true, object{})
	}
	for _, e := range exporters {
		s.follow(e.Itab, e.Data, true, object{exporter: true})
	}
	for len(s.objects) > 0 && s.looked < maxObjects && k.err == nil && !k.spent {
		o := s.objects[0]
		s.objects = s.objects[1:]
		s.look(o)
	}
	found := KeptFound{Lists: s.summed()}
	found.Cut, found.Bytes, found.Reads = len(s.objects) > 0 || k.spent, k.bytes, k.reads
	return found, k.err
}

// search is one reading.
type search struct {
	*Kept
	draw    func(n uint64) uint64
	objects []object // that will be looked at, the nearest first
	seen    map[[2]uint64]bool
	looked  int
	lists   []keptList
}

// follow adds the object that an interface has. from is what has the interface.
func (s *search) follow(itab, data uint64, methods bool, from object) {
	typ, ok := itab, true
	if methods {
		typ, ok = s.word(itab + 8)
	}
	if !ok || data == 0 || methods && !s.named(itab, typ) {
		return
	}
	o := object{address: data, distance: from.distance, exporter: from.exporter, typ: typ}
	switch t := s.at(typ); {
	case t == nil:
		return
	case t.kind == kindPointer:
		o.typ = t.elem
	case t.direct:
		s.inspect(t, binary.LittleEndian.AppendUint64(nil, data), o, "", 0) // the word is the value
		return
	}
	s.add(o)
}

// named finds the address that names of types are relative to, with the first type whose name is
// known: that of an interface's first method.
func (s *search) named(itab, typ uint64) bool {
	if s.base != 0 {
		return true
	}
	method, ok := firstMethod(s.reader, itab, s.resolve)
	if !ok {
		return false
	}
	_, receiver := splitMethod(method)
	return s.findBase(s.bases, typ, receiver)
}

// add adds an object to those that will be looked at.
func (s *search) add(o object) {
	key := [2]uint64{o.typ, o.address}
	if o.address == 0 || o.distance > maxDistance || s.seen[key] {
		return
	}
	if t := s.at(o.typ); t == nil || t.kind != kindStruct || isPassedOver(t.name) {
		return
	}
	s.seen[key] = true
	s.objects = append(s.objects, o)
}

func isPassedOver(name string) bool {
	return !sdkProcessors[name] && !strings.HasPrefix(name, tracetestPackage) &&
		slices.ContainsFunc(passedOver, func(beginning string) bool { return strings.HasPrefix(name, beginning) })
}

// look looks at an object.
func (s *search) look(o object) {
	s.looked++
	t := s.at(o.typ)
	if t == nil {
		return
	}
	buf := make([]byte, min(t.size, maxObject))
	if s.read(o.address, buf) {
		s.inspect(t, buf, o, "", 0)
	}
}

// inspect looks at a value in an object: at a struct's fields, for lists of spans and for what
// leads to other objects.
func (s *search) inspect(t *goType, value []byte, o object, where string, nested int) {
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(value[8*i:]) }
	if uint64(len(value)) < t.size || !s.step() {
		return // it is cut off
	}
	next := object{distance: o.distance + 1, exporter: o.exporter}
	switch t.kind {
	case kindStruct:
		s.inspectFields(t, value, o, where, nested)
	case kindPointer:
		next.typ, next.address = t.elem, word(0)
		s.add(next)
	case kindInterface:
		next.exporter = next.exporter || t.name == spanExporter
		s.follow(word(0), word(1), t.methods, next)
	case kindSlice:
		header := [3]uint64{word(0), word(1), word(2)}
		if header[1] > header[2] || header[2] > maxKept {
			return // it was changed while it was read
		}
		if s.haveSpans(t.elem) {
			s.keep(t, header, header[1], o, where)
		} else {
			s.inspectElements(t.elem, header[0], header[1], next)
		}
	case kindMap:
		if !s.haveSpans(t.elem) && !s.haveSpans(t.key) {
			return
		}
		if length, ok := s.word(word(0)); length <= maxKept && (ok || word(0) == 0) {
			s.keep(t, [3]uint64{word(0)}, length, o, where)
		}
	case abiKindArray:
		elem := s.at(t.elem)
		if elem == nil || elem.size == 0 || elem.size > maxObject || nested == maxDepth {
			return
		}
		for element := range slices.Chunk(value[:t.size], int(elem.size)) {
			s.inspect(elem, element, o, where, nested+1)
		}
	}
}

func (s *search) inspectFields(t *goType, value []byte, o object, where string, nested int) {
	if nested == maxDepth || isPassedOver(t.name) {
		return
	}
	if t.name != "" {
		where = t.name
	}
	for _, f := range t.fields {
		typ := s.at(f.typ)
		if typ == nil || f.offset > uint64(len(value)) || typ.size > uint64(len(value))-f.offset {
			continue
		}
		if sdkProcessors[t.name] && typ.name != spanExporter {
			continue
		}
		s.inspect(typ, value[f.offset:][:typ.size], o, where+"."+f.name, nested+1)
	}
}

// inspectElements looks at the first elements of a slice of interfaces or pointers.
func (s *search) inspectElements(elem, address, length uint64, next object) {
	t := s.at(elem)
	if t == nil || t.kind != kindInterface && t.kind != kindPointer || next.distance > maxDistance {
		return
	}
	buf := make([]byte, min(length, maxElements)*t.size)
	if !s.read(address, buf) {
		return
	}
	for value := range slices.Chunk(buf, int(t.size)) {
		s.inspect(t, value, next, "", maxDepth)
	}
}

// keep takes a list in.
func (s *search) keep(t *goType, words [3]uint64, entries uint64, o object, where string) {
	of := ""
	if elem := s.at(t.elem); elem != nil {
		of = elem.text
	}
	s.lists = append(s.lists, keptList{
		typ: t, words: words, KeptReading: snapshot.KeptReading{Where: where, Of: of, Exported: o.exporter, Entries: entries},
	})
}

// haveSpans reports whether the values of a type are or have spans.
func (s *search) haveSpans(typ uint64) bool {
	known, ok := s.holds[typ]
	if !ok {
		if len(s.holds) == maxTypes {
			clear(s.holds)
		}
		if known = s.has(typ, 0, false); !s.spent {
			s.holds[typ] = known
		}
	}
	return known
}

// has reports whether a type is a span's, or has one in itself, or behind one pointer.
func (s *search) has(typ uint64, nested int, behind bool) bool {
	t := s.at(typ)
	switch {
	case t == nil || nested == maxDepth || !s.step():
		return false
	case spanTypes[t.name]:
		return true
	case t.kind == kindPointer:
		return !behind && s.has(t.elem, nested+1, true)
	case t.kind == kindSlice || t.kind == abiKindArray:
		return s.has(t.elem, nested+1, behind)
	case t.kind == kindMap:
		return s.has(t.key, nested+1, behind) || s.has(t.elem, nested+1, behind)
	case t.kind == kindStruct && !isPassedOver(t.name):
		return slices.ContainsFunc(t.fields, func(f field) bool { return s.has(f.typ, nested+1, behind) })
	}
	return false
}

// summed are the lists, those in the same field of the same type together, those with the most
// entries first.
func (s *search) summed() []snapshot.KeptReading {
	var readings []snapshot.KeptReading
	for _, l := range s.lists {
		l.Read, l.Open = s.drawn(l)
		same := func(r snapshot.KeptReading) bool { return r.Where == l.Where && r.Of == l.Of }
		if i := slices.IndexFunc(readings, same); i >= 0 {
			readings[i].Entries += l.Entries
			readings[i].Read, readings[i].Open = readings[i].Read+l.Read, readings[i].Open+l.Open
			readings[i].Exported = readings[i].Exported && l.Exported
		} else {
			readings = append(readings, l.KeptReading)
		}
	}
	slices.SortStableFunc(readings, func(x, y snapshot.KeptReading) int { return cmp.Compare(y.Entries, x.Entries) })
	return readings
}
