package probes

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/testtarget"
)

func TestMain(m *testing.M) { testtarget.Main(m) }

func TestEnterAMD64(t *testing.T) {
	tests := []struct {
		name string
		code string
		want placement
		err  bool
	}{
		{"small frame", "\x49\x3b\x66\x10" + "\x76\x40" + "\x55" + "\x48\x89\xe5", placement{Offset: 6, Length: 1}, false},
		{"small frame, far morestack", "\x49\x3b\x66\x10" + "\x0f\x86\x00\x01\x00\x00" + "\x55", placement{Offset: 10, Length: 1}, false},
		{"large frame", "\x4c\x8d\xa4\x24\xd0\xfe\xff\xff" + "\x4d\x3b\x66\x10" + "\x0f\x86\x00\x01\x00\x00" + "\x55", placement{Offset: 18, Length: 1}, false},
		{"no stack check", "\x55\x48\x89\xe5", placement{Offset: 0, Length: 1}, false},
		{"no frame", "\x48\x89\xd8\xc3", placement{Offset: 0, Length: 3, Stepped: true}, false},
		{"stack check, then no frame", "\x49\x3b\x66\x10" + "\x76\x40" + "\x48\x89\xd8", placement{Offset: 6, Length: 3, Stepped: true}, false},
		{"stack check that is none", "\x49\x3b\x66\x10" + "\x48\x89\xd8\xc3", placement{}, true},
		{"not code", "\x06\x06\x06", placement{}, true},
		{"nothing", "", placement{}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := enterAMD64([]byte(test.code))
			if got != test.want || (err != nil) != test.err {
				t.Errorf("got %+v, %v; want %+v, error %v", got, err, test.want, test.err)
			}
			if err != nil && !errors.Is(err, ErrRefused) {
				t.Errorf("%v is no refusal", err)
			}
		})
	}
}

func TestReturnsAMD64(t *testing.T) {
	tests := []struct {
		name string
		code string
		want []uint64 // offsets
	}{
		{"one, then padding", "\x55\x5d\xc3\xcc\xcc", []uint64{2}},
		{"two", "\x75\x01\xc3\x90\xc3", []uint64{2, 4}},
		{"a jump within", "\xeb\x01\x90\xc3", []uint64{3}},
		{"a jump out", "\xe9\x00\x01\x00\x00\xc3", nil},
		{"none", "\x55\x5d", nil},
		{"a byte C3 that is no return", "\x48\x89\xc3\xc3", []uint64{3}},
		{"not code", "\xc3\x06", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := returnsAMD64([]byte(test.code))
			if (err != nil) != (test.want == nil) {
				t.Fatalf("error %v, want places %v", err, test.want)
			}
			if len(got) != len(test.want) {
				t.Fatalf("got %+v, want %v", got, test.want)
			}
			for i, place := range got {
				if place.Offset != test.want[i] || !place.Stepped {
					t.Errorf("got %+v, want a stepped one at %d", place, test.want[i])
				}
			}
		})
	}
}

// TestLeavesAMD64 wants a conditional jump in place of a RET only where nothing else leads to
// the RET than an error that is nil.
func TestLeavesAMD64(t *testing.T) {
	const (
		testAX = "\x48\x85\xc0"
		je     = "\x74" // and a distance
		jne    = "\x75"
		farJE  = "\x0f\x84"
		jmp    = "\xeb"
		ret    = "\xc3"
		leave  = "\x48\x83\xc4\x40" + "\x5d" + ret // ADDQ $0x40, SP; POPQ BP; RET
		isNil  = "\x31\xc0" + "\x31\xdb"           // XORL AX, AX; XORL BX, BX
		fails  = "\x48\x89\xd8"                    // MOVQ BX, AX
		call   = "\xe8\x00\x00\x00\x00"
	)
	tests := []struct {
		name string
		code string
		want []placement
	}{
		{"the error comes first", testAX + je + "\x04" + fails + ret + isNil + leave,
			[]placement{{Offset: 8, Length: 1, Stepped: true}, {Offset: 3, Length: 2, IfNil: true}}},
		{"a far jump", testAX + farJE + "\x04\x00\x00\x00" + fails + ret + isNil + leave,
			[]placement{{Offset: 12, Length: 1, Stepped: true}, {Offset: 3, Length: 6, IfNil: true}}},
		{"nil comes first", testAX + jne + "\x0a" + isNil + leave + fails + ret,
			[]placement{{Offset: 3, Length: 2, IfNil: true}, {Offset: 18, Length: 1, Stepped: true}}},
		{"a frame of 128 bytes", testAX + je + "\x04" + fails + ret + isNil + "\x48\x83\xec\x80" + "\x5d" + ret,
			[]placement{{Offset: 8, Length: 1, Stepped: true}, {Offset: 3, Length: 2, IfNil: true}}},
		{"another register is tested", "\x48\x85\xdb" + je + "\x04" + fails + ret + isNil + leave,
			[]placement{{Offset: 8, Length: 1, Stepped: true}, {Offset: 18, Length: 1, Stepped: true}}},
		{"the jump if it is nil leads elsewhere", testAX + jne + "\x04" + fails + ret + isNil + leave,
			[]placement{{Offset: 8, Length: 1, Stepped: true}, {Offset: 18, Length: 1, Stepped: true}}},
		{"the error returns here, too", testAX + je + "\x03" + fails + isNil + leave,
			[]placement{{Offset: 17, Length: 1, Stepped: true}}},
		{"something else jumps to the return", jmp + "\x09" + testAX + je + "\x04" + fails + ret + isNil + leave,
			[]placement{{Offset: 10, Length: 1, Stepped: true}, {Offset: 20, Length: 1, Stepped: true}}},
		{"something else jumps to the jump", jmp + "\x03" + testAX + je + "\x04" + fails + ret + isNil + leave,
			[]placement{{Offset: 10, Length: 1, Stepped: true}, {Offset: 20, Length: 1, Stepped: true}}},
		{"a call before the return", testAX + je + "\x04" + fails + ret + call + isNil + leave,
			[]placement{{Offset: 8, Length: 1, Stepped: true}, {Offset: 23, Length: 1, Stepped: true}}},
		{"a computed jump", "\xff\xe1" + testAX + je + "\x04" + fails + ret + isNil + leave,
			[]placement{{Offset: 10, Length: 1, Stepped: true}, {Offset: 20, Length: 1, Stepped: true}}},
		// otlptrace.(*Exporter).ExportSpans of SDK v1.7, behind the call of the client.
		{"the client's error is returned as it is", "\x41\xff\xd1" + leave, []placement{{Offset: 8, Length: 1, Stepped: true}}},
		// The same of SDK v1.14, built with -gcflags='all=-N -l': a JMP leads to the return of nil, which
		// stores that first.
		{"not optimised", "\x41\xff\xd1" + "\x48\x89\x44\x24\x60" + "\x48\x89\x5c\x24\x68" + "\x66\x90" + testAX + jne + "\x02" + jmp + "\x1f" +
			call + "\x48\x89\x44\x24\x70" + "\x48\x89\x5c\x24\x78" + "\x48\x89\x44\x24\x38" + "\x48\x89\x5c\x24\x40" + "\x48\x83\xec\x80" + "\x5d" + ret +
			"\x44\x0f\x11\x7c\x24\x38" + isNil + "\x48\x83\xec\x80" + "\x5d" + ret,
			[]placement{{Offset: 52, Length: 1, Stepped: true}, {Offset: 68, Length: 1, Stepped: true}}},
		{"an instruction between the test and the jump", testAX + "\x48\x89\xd8" + je + "\x04" + fails + ret + isNil + leave,
			[]placement{{Offset: 11, Length: 1, Stepped: true}, {Offset: 21, Length: 1, Stepped: true}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := leavesAMD64([]byte(test.code))
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}

func FuzzPlaceAMD64(f *testing.F) {
	f.Add([]byte("\x4c\x8d\xa4\x24\xd0\xfe\xff\xff\x4d\x3b\x66\x10\x0f\x86\x00\x01\x00\x00\x55\xc3"))
	f.Fuzz(func(t *testing.T, code []byte) {
		defer fuzzlimit.Watch(t)()
		places, err := placers["amd64"].placements(probe{At: enterAndReturns}, code)
		if err != nil {
			return
		}
		for _, place := range places {
			if place.Offset+uint64(place.Length) > uint64(len(code)) {
				t.Errorf("%+v lies beyond %d bytes", place, len(code))
			}
		}
	})
}

// inReference reports whether the reference program has a row's function: it
// uses the newest SDK, test/matrix older ones, and exports spans alone, over
// OTLP/gRPC. What it lacks, the programs of test/e2e have.
func inReference(row probe) bool {
	return row.Symbol != testtarget.Retired && !slices.ContainsFunc([]string{"stdout", "zipkin", "otlptracehttp", "sdk/metric", "sdk/log", "otelhttp", "otelgrpc"},
		func(exporter string) bool { return strings.Contains(row.Symbol, exporter) })
}

// eachPlaced finds the places of every row of the catalogue in a build of the
// reference program, for check to look at.
func eachPlaced(t *testing.T, path string, check func(t *testing.T, function []byte, places []placement)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	program, err := gobinary.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	functions, err := program.Functions(Symbols()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range catalogue {
		t.Run(row.Name+" "+row.Symbol, func(t *testing.T) {
			if len(functions[row.Symbol]) == 0 {
				if !inReference(row) {
					return
				}
				t.Fatal("the program does not have it")
			}
			function, err := program.Code(functions[row.Symbol][0])
			if err != nil {
				t.Fatal(err)
			}
			places, err := placers[program.Arch].placements(row, function)
			if err != nil {
				t.Fatal(err)
			}
			check(t, function, places)
		})
	}
}

// TestPlacesInARealProgram needs no single step for an entry, nor for an export over OTLP that
// succeeds.
func TestPlacesInARealProgram(t *testing.T) {
	tested := false
	eachPlaced(t, testtarget.Executable(t), func(t *testing.T, function []byte, places []placement) {
		if places[0].Stepped || function[places[0].Offset] != 0x55 {
			t.Errorf("the entry's place %+v is not on PUSHQ BP", places[0])
		}
		for _, place := range places[1:] {
			if !place.IfNil && function[place.Offset] != 0xc3 {
				t.Errorf("%+v is not on a RET", place)
			}
			tested = tested || place.IfNil && strings.HasSuffix(t.Name(), strings.ReplaceAll(otlpExport, " ", "_"))
		}
	})
	if !tested {
		t.Errorf("no test of an error was found in %s", otlpExport)
	}
}

func TestVerify(t *testing.T) {
	file := []byte("\x49\x3b\x66\x10\x76\x40\x55\x48\x89\xe5\x5d\xc3")
	places := []placement{{Offset: 6, Length: 1}, {Offset: 11, Length: 1, Stepped: true}}
	changed := func(at int, to byte) []byte {
		memory := append([]byte{}, file...)
		memory[at] = to
		return memory
	}
	tests := []struct {
		name   string
		memory []byte
		ok     bool
	}{
		{"as in the file", file, true},
		{"another's trap at a place of ours", changed(6, 0xcc), true},
		{"another's trap at a return", changed(11, 0xcc), true},
		{"another tool's trap at the beginning", changed(0, 0xcc), true},
		{"a trap within the prologue", changed(4, 0xcc), false},
		{"another byte at our place", changed(6, 0x90), false},
		{"another byte in the prologue", changed(2, 0x90), false},
		{"another byte that concerns nobody", changed(8, 0x90), true},
		{"cut short", file[:11], false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := verify(file, test.memory, places, trapAMD64); (err == nil) != test.ok {
				t.Errorf("error %v, want ok %v", err, test.ok)
			}
		})
	}
}

// TestCatalogue holds every row to what a probe has to answer.
func TestCatalogue(t *testing.T) {
	if len(catalogue) > int(calibrationProbe) {
		t.Fatalf("%d rows do not fit into a target's counters; raise MAX_PROBES in bpf/records.h", len(catalogue))
	}
	type place struct { // the programs of some kernels know a probe by its place
		hot    bool
		symbol string
	}
	seen := map[place]bool{}
	for _, row := range catalogue {
		here := place{row.Group.Hot(), row.Symbol}
		if row.Name == "" || row.Symbol == "" || row.Do == 0 || row.Source == "" || seen[here] {
			t.Errorf("row %+v lacks an answer, or stands twice", row)
		}
		seen[here] = true
		if (row.At == enterAndReturns) != (row.Do == bpfActionACTION_ENTER) {
			t.Errorf("%s: returns are for operations, and operations need them", row.Symbol)
		}
		needsOperation := slices.Contains([]bpfAction{bpfActionACTION_ENTER, bpfActionACTION_REJECTED, bpfActionACTION_RETRY, bpfActionACTION_PAYLOAD, bpfActionACTION_MESSAGE, bpfActionACTION_ANSWER}, row.Do)
		if needsOperation != (row.Of != 0) {
			t.Errorf("%s: operation %d does not go with what it does", row.Symbol, row.Of)
		}
		if row.Group == Spans && row.Do != bpfActionACTION_SPAN && !row.counts() {
			t.Errorf("%s: a hot probe does nothing but count and read spans", row.Symbol)
		}
	}
}

// TestOperationsHaveOneGroup is what groupOf is based on.
func TestOperationsHaveOneGroup(t *testing.T) {
	for _, row := range catalogue {
		if row.Do == bpfActionACTION_ENTER && row.Group != groupOf(row.Of) {
			t.Errorf("%s is in group %s, and other operations of its kind are not", row.Symbol, row.Group)
		}
	}
}

// TestFeeds demands the figure that lacks if a program does not have a row's function, and a
// function that is looked up if the row needs one.
func TestFeeds(t *testing.T) {
	for _, row := range catalogue {
		if row.Feeds == "" {
			t.Errorf("%s, %s: no figure", row.Name, row.Symbol)
		}
		if row.With != "" && !slices.Contains(Symbols(), row.With) {
			t.Errorf("%s, %s: %s is not looked up", row.Name, row.Symbol, row.With)
		}
	}
}

// TestMatchesWithoutAProbe has more functions that a row matches than have probes, and code that is
// not understood.
func TestMatchesWithoutAProbe(t *testing.T) {
	const unclear = 40 // more than maxMatches
	file, err := os.Open(testtarget.Executable(t))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	program, err := gobinary.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	found, err := program.Functions(batchEnd)
	if err != nil || len(found[batchEnd]) == 0 {
		t.Fatalf("%v, %v", found, err)
	}
	ofOwn := found[batchEnd][0]
	ofOwn.Name = "main.(*relay).OnEnd"
	a := &Attachment{process: &target.Process{Binary: program}, has: map[string]bool{}, skipped: map[string]int{}}
	obscure := placer{enter: func([]byte) (placement, error) { return placement{}, errUnplaceable }}
	for i, row := range catalogue {
		if row.matchesAny() {
			if err := a.locateMatches(obscure, i, slices.Repeat([]gobinary.Function{ofOwn}, unclear)); err != nil {
				t.Fatal(err)
			}
		}
	}
	unreceived := slices.DeleteFunc(a.Missing(), func(m snapshot.Missing) bool { return m.What != snapshot.Unreceived })
	if len(unreceived) != 1 || a.skipped[snapshot.Unreceived] != unclear {
		t.Errorf("%+v, %v; want %d without a probe", a.Missing(), a.skipped, unclear)
	}
}
