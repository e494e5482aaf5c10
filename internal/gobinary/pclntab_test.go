package gobinary

import (
	"bytes"
	"debug/elf"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/otwatch/otwatch/internal/testprogram"
)

// Every function that the symbol table of a program knows must be found at the
// same address. A stripped program is compared with the same one unstripped.
func TestFunctionsAgreeWithSymbolTable(t *testing.T) {
	tests := []struct {
		name           string
		variant, truth testprogram.Variant
		least          int
	}{
		{"default", testprogram.Reference, testprogram.Reference, 10000},
		{"stripped", testprogram.ReferenceStripped, testprogram.Reference, 10000},
		{"trimpath", testprogram.ReferenceTrimmed, testprogram.ReferenceTrimmed, 10000},
		{"pie", testprogram.ReferencePIE, testprogram.ReferencePIE, 10000},
		{"arm64", testprogram.TinyARM64, testprogram.TinyARM64, 1000},
		{"arm64 pie", testprogram.TinyARM64PIE, testprogram.TinyARM64PIE, 1000},
		{"external link", testprogram.Cgo, testprogram.Cgo, 1000},
		{"external link, pie", testprogram.CgoPIE, testprogram.CgoPIE, 1000},
		{"static pie", testprogram.ReferenceStaticPIE, testprogram.ReferenceStaticPIE, 10000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := read(t, test.variant)
			symbols := goSymbols(t, testprogram.Build(t, test.truth), b)
			var names []string
			for name := range symbols {
				names = append(names, name)
			}
			found, err := b.Functions(names...)
			if err != nil {
				t.Fatal(err)
			}
			compared := 0
			for name, addresses := range symbols {
				got := map[uint64]bool{}
				for _, f := range found[name] {
					got[f.Address] = true
				}
				for address := range addresses {
					if !got[address] && !calls(t, b, address, name) {
						t.Errorf("%s is at %#x, found at %v", name, address, found[name])
					}
					compared++
				}
			}
			if compared < test.least {
				t.Errorf("compared %d functions, want at least %d", compared, test.least)
			}
			t.Logf("%d functions agree", compared)
		})
	}
}

// calls reports whether the function at an address has a name that the symbol table can
// only write with a dot: a local type is "writerOnly·1".
func calls(t *testing.T, b *Binary, address uint64, name string) bool {
	t.Helper()
	f, _, err := b.FunctionAt(address)
	if err != nil {
		t.Fatal(err)
	}
	return f.Address == address && strings.ReplaceAll(f.Name, "·", ".") == name
}

// goSymbols returns the addresses of the Go functions in a symbol table, which
// calls an ABI0 symbol "name.abi0" where the function table has two "name".
// The standard library's C parts, "net(.text)", have no names in either.
func goSymbols(t *testing.T, path string, b *Binary) map[string]map[uint64]bool {
	t.Helper()
	file, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	text, end := b.Text+uint64(b.functions.first), b.Text+uint64(b.functions.end)
	functions := map[string]map[uint64]bool{}
	for _, symbol := range symbols {
		if elf.ST_TYPE(symbol.Info) != elf.STT_FUNC || symbol.Size == 0 ||
			symbol.Value < text || symbol.Value >= end || strings.Contains(symbol.Name, "(.text") {
			continue
		}
		name := strings.TrimSuffix(symbol.Name, ".abi0")
		if functions[name] == nil {
			functions[name] = map[uint64]bool{}
		}
		functions[name][symbol.Value] = true
	}
	return functions
}

func TestFunctions(t *testing.T) {
	b := read(t, testprogram.Tiny)
	found, err := b.Functions("main.main", "main.absent", "main.(*pair[", "runtime.morestack", "")
	if err != nil {
		t.Fatal(err)
	}
	if len(found["main.main"]) != 1 || found["main.main"][0].Size == 0 {
		t.Errorf("main.main: %+v", found["main.main"])
	}
	if _, ok := found["main.absent"]; ok || len(found["main.(*pair["]) == 0 {
		t.Errorf("found %+v", found)
	}
	for _, f := range found["main.(*pair["] {
		if !strings.HasPrefix(f.Name, "main.(*pair[go.shape.") || !strings.HasSuffix(f.Name, "]).swap") {
			t.Errorf("instantiation is called %s", f.Name)
		}
	}
}

// Functions with both an ABI0 wrapper and a body: the body comes first.
func TestFunctionsLargestFirst(t *testing.T) {
	b := read(t, testprogram.Tiny)
	symbols := goSymbols(t, testprogram.Build(t, testprogram.Tiny), b)
	var twice []string
	for name, addresses := range symbols {
		if len(addresses) > 1 {
			twice = append(twice, name)
		}
	}
	if len(twice) == 0 {
		t.Fatal("no function has two bodies")
	}
	found, err := b.Functions(twice...)
	if err != nil {
		t.Fatal(err)
	}
	for name, bodies := range found {
		if len(bodies) < 2 || bodies[0].Size < bodies[1].Size {
			t.Errorf("%s: %+v", name, bodies)
		}
	}
}

func TestFunctionAt(t *testing.T) {
	b := read(t, testprogram.ReferencePIE)
	const name = "go.opentelemetry.io/otel/sdk/trace.(*batchSpanProcessor).exportSpans"
	found, err := b.Functions(name)
	if err != nil || len(found[name]) != 1 {
		t.Fatal(found, err)
	}
	want := found[name][0]
	for _, address := range []uint64{want.Address, want.Address + want.Size/2, want.Address + want.Size - 1} {
		if got, ok, err := b.FunctionAt(address); err != nil || !ok || got != want {
			t.Errorf("at %#x: %+v, %v, %v, want %+v", address, got, ok, err, want)
		}
	}
	last := b.Text + uint64(b.functions.end) - 1
	if _, ok, err := b.FunctionAt(last); !ok || err != nil {
		t.Errorf("the last function is not found: %v", err)
	}
	for _, address := range []uint64{0, last + 1, ^uint64(0)} {
		if got, ok, err := b.FunctionAt(address); ok || err != nil {
			t.Errorf("at %#x: %+v, %v, want nothing", address, got, err)
		}
	}
}

// counting counts what is read through it.
type counting struct {
	io.ReaderAt
	bytes, largest atomic.Int64
}

func (c *counting) ReadAt(p []byte, offset int64) (int, error) {
	c.bytes.Add(int64(len(p)))
	c.largest.Store(max(c.largest.Load(), int64(len(p))))
	return c.ReaderAt.ReadAt(p, offset)
}

// A lookup reads the names, the function index and its records, and no more
// than a chunk at a time.
func TestFunctionsReadsLittle(t *testing.T) {
	file, err := os.Open(testprogram.Build(t, testprogram.Reference))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := &counting{ReaderAt: file}
	b, err := Read(r)
	if err != nil {
		t.Fatal(err)
	}
	parse := r.bytes.Swap(0)
	r.largest.Store(0)
	if _, err := b.Functions(sdkMark); err != nil {
		t.Fatal(err)
	}
	lookup := r.bytes.Swap(0)
	if r.largest.Load() > chunk || lookup > int64(b.functions.size) {
		t.Errorf("a lookup read %d bytes of a table of %d, %d at once", lookup, b.functions.size, r.largest.Load())
	}
	found, err := b.Functions("absent")
	if absent := r.bytes.Swap(0); err != nil || len(found) > 0 || absent >= lookup {
		t.Errorf("looking for an absent function read %d bytes: %v", absent, err)
	}
	if _, ok, err := b.FunctionAt(b.Text + uint64(b.functions.end)/2); !ok || err != nil {
		t.Error(ok, err)
	}
	at := r.bytes.Load()
	if at > 1<<10 {
		t.Errorf("FunctionAt read %d bytes", at)
	}
	t.Logf("function table %d bytes; read: Read %d, Functions %d, FunctionAt %d", b.functions.size, parse, lookup, at)
}

func BenchmarkRead(b *testing.B) {
	file, err := os.Open(testprogram.Build(b, testprogram.Reference))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(file); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFunctions(b *testing.B) {
	binary := read(b, testprogram.Reference)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := binary.Functions(sdkMark, "main.main", "runtime.gcStart", "go.opentelemetry.io/otel/sdk/trace.(*evictedQueue["); err != nil {
			b.Fatal(err)
		}
	}
}

func TestEachNamePassesOverMonsters(t *testing.T) {
	names := "short\x00" + strings.Repeat("m", maxNameSize+5) + "\x00after\x00unfinished"
	table := &pclntab{r: bytes.NewReader([]byte(names)), namesEnd: uint64(len(names))}
	got := map[string]int32{}
	if err := table.eachName(func(offset int32, name []byte) bool { got[string(name)] = offset; return true }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got["short"] != 0 || int(got["after"]) != strings.Index(names, "after") {
		t.Errorf("got %v", got)
	}
}

// TestFunctionsByTheirEnd finds every other function whose name ends so. A function that
// is also asked for by its name is found by that only.
func TestFunctionsByTheirEnd(t *testing.T) {
	b := read(t, testprogram.Tiny)
	for _, names := range [][]string{{"*n.main", "main.main", "*.no such end"}, {"*n.main"}} {
		found, err := b.Functions(names...)
		if err != nil || len(found["*n.main"]) != 1 || found["*n.main"][0].Name != "main.main" || found["*.no such end"] != nil {
			t.Errorf("%q: found %v, %v; want main.main", names, found, err)
		}
	}
}
