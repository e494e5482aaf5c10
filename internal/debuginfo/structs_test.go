package debuginfo

import (
	"bytes"
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/testtarget"
	"github.com/otwatch/otwatch/internal/untrusted"
)

func TestMain(m *testing.M) { testtarget.Main(m) }

// TestStructsAgreeWithDebugDwarf reads every struct of a program.
func TestStructsAgreeWithDebugDwarf(t *testing.T) {
	file, err := elf.Open(testtarget.Executable(t))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	data, err := file.DWARF()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Struct{}
	var names []string
	for reader := data.Reader(); ; {
		entry, err := reader.Next()
		if err != nil {
			t.Fatal(err)
		}
		if entry == nil {
			break
		}
		if entry.Tag == dwarf.TagStructType {
			typ, err := data.Type(entry.Offset)
			if err != nil {
				t.Fatal(err)
			}
			s := typ.(*dwarf.StructType)
			if _, twice := want[s.StructName]; s.StructName == "" || twice {
				continue
			}
			names = append(names, s.StructName)
			want[s.StructName] = Struct{Size: uint64(s.ByteSize), Fields: map[string]uint64{}}
			for _, f := range s.Field {
				want[s.StructName].Fields[f.Name] = uint64(f.ByteOffset)
			}
		}
		if entry.Tag != dwarf.TagCompileUnit {
			reader.SkipChildren()
		}
	}
	if len(want) < 500 {
		t.Fatalf("the program has %d structs", len(want))
	}
	section := func(name string) []byte {
		content, err := file.Section(name).Data()
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	got, err := Structs(bytes.NewReader(section(".debug_info")), section(".debug_abbrev"), nil, names...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-debug/dwarf +got)\n%s", diff)
	}
}

// testAbbreviations has four entries: a unit, a struct with its name and size, a field
// with its name, type and place, and a pointer to a type.
var testAbbreviations = []byte{
	1, 0x11, 1, 0, 0,
	2, tagStruct, 1, atName, 0x08, atByteSize, 0x0b, 0, 0,
	3, tagMember, 0, atName, 0x08, 0x49, 0x13, atDataMember, 0x0f, 0, 0,
	4, 0x0f, 0, 0x49, 0x13, 0, 0,
	5, tagStruct, 0, atName, 0x08, atByteSize, 0x0b, 0, 0,
	0,
}

// testEntries are a struct that is wanted, with a struct inside, and one without
// fields.
var testEntries = []byte("\x01" +
	"\x02wanted\x00\x18" +
	"\x03first\x00\x00\x00\x00\x00\x00" +
	"\x02inner\x00\x08\x03hidden\x00\x00\x00\x00\x00\x04\x00" +
	"\x03second\x00\x00\x00\x00\x00\x88\x01" +
	"\x00" +
	"\x05empty\x00\x07" +
	"\x00")

// testUnit puts a header before entries.
func testUnit(version uint16, long bool, entries []byte) []byte {
	le := binary.LittleEndian
	size := func(b []byte, n uint64) []byte {
		if long {
			return le.AppendUint64(b, n)
		}
		return le.AppendUint32(b, uint32(n))
	}
	header := le.AppendUint16(nil, version)
	if version == 5 {
		header = size(append(header, 1, 8), 0)
	} else {
		header = append(size(header, 0), 8)
	}
	var unit []byte
	if long {
		unit = le.AppendUint32(unit, 0xffffffff)
	}
	return append(append(size(unit, uint64(len(header)+len(entries))), header...), entries...)
}

func TestStructs(t *testing.T) {
	want := map[string]Struct{
		"wanted": {Size: 0x18, Fields: map[string]uint64{"first": 0, "second": 0x88}},
		"empty":  {Size: 7, Fields: map[string]uint64{}},
	}
	for _, version := range []uint16{2, 3, 4, 5} {
		for _, long := range []bool{false, true} {
			info := append(testUnit(version, long, []byte("\x01\x00")), testUnit(version, long, testEntries)...)
			got, err := Structs(bytes.NewReader(info), testAbbreviations, nil, "wanted", "empty", "inner")
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("version %d, long %v: %v (-want +got)\n%s", version, long, err, diff)
			}
		}
	}
}

func TestDamaged(t *testing.T) {
	whole := testUnit(4, false, testEntries)
	edited := func(at int, with ...byte) []byte {
		return append(append(bytes.Clone(whole[:at]), with...), whole[at+len(with):]...)
	}
	for _, test := range []struct {
		name          string
		info          []byte
		abbreviations []byte
		says          string
	}{
		{"cut short", whole[:len(whole)-5], testAbbreviations, "unexpected EOF"},
		{"another version", edited(4, 9), testAbbreviations, "version 9 is unknown"},
		{"longer than any file", append([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), whole...), testAbbreviations, "longer than any file"},
		{"shorter than its header", edited(0, 3, 0, 0, 0), testAbbreviations, "longer than its unit"},
		{"a text beyond the unit", edited(0, 12, 0, 0, 0), testAbbreviations, "longer than its unit"},
		{"no such abbreviation", edited(11, 99), testAbbreviations, "abbreviation 99 of an entry is unknown"},
		{"abbreviations outside", edited(6, 0xff), testAbbreviations, "outside of them"},
		{"no abbreviations", whole, nil, "outside of them"},
		{"abbreviations without an end", whole, testAbbreviations[:20], "unexpected EOF"},
		{"an unknown form", whole, bytes.Replace(testAbbreviations, []byte{atByteSize, 0x0b}, []byte{atByteSize, 0x02}, 1), "unknown form 0x2"},
		{"a code twice", whole, bytes.Replace(testAbbreviations, []byte{4, 0x0f}, []byte{1, 0x0f}, 1), "one code"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Structs(bytes.NewReader(test.info), test.abbreviations, nil, "absent"); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %s", err, test.says)
			}
		})
	}
}

// TestDeepTypes has a field whose type is four million pointers deep, and a unit with
// entries as deep in each other.
func TestDeepTypes(t *testing.T) {
	const deep = 1 << 20
	pointers := bytes.Repeat([]byte{4, 1, 0, 0, 0}, deep)
	nested := bytes.Repeat([]byte{1}, deep)
	info := append(testUnit(4, false, append(bytes.Clone(testEntries), pointers...)), testUnit(4, false, nested)...)
	allocated := allocatedBy(func() {
		got, err := Structs(bytes.NewReader(info), testAbbreviations, nil, "wanted", "absent")
		if len(got) != 1 || err != nil {
			t.Errorf("%v, %v", got, err)
		}
	})
	if allocated > 1<<20 {
		t.Errorf("%d bytes were allocated for it", allocated)
	}
}

func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// endless repeats a text.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		copied := copy(p[n:], e.text[e.at:])
		n, e.at = n+copied, (e.at+copied)%len(e.text)
	}
	return n, nil
}

// TestLimits has information without an end.
func TestLimits(t *testing.T) {
	huge := append([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08"), "\x01"...)
	for _, test := range []struct {
		name, repeated, says string
	}{
		{"entries", "\x00", "more than 65536 entries"},
		{"units", string(testUnit(4, false, []byte{1, 0})), "more than 65536 entries"},
		{"a name", "\x02" + strings.Repeat("x", 1<<20), "more than 8 MiB"},
		{"fields", "\x02wanted\x00\x18" + strings.Repeat("\x03field\x00\x00\x00\x00\x00\x00", 1<<20), "1 MiB of memory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			budget := untrusted.NewBudget(untrusted.Limits{Read: 8 << 20, Memory: 1 << 20, Steps: 64 << 10})
			var info io.Reader = &endless{text: test.repeated}
			if test.name != "units" {
				info = io.MultiReader(bytes.NewReader(huge), info)
			}
			allocated := allocatedBy(func() {
				if _, err := Structs(info, testAbbreviations, budget, "wanted", "absent"); !errors.Is(err, untrusted.ErrTooLarge) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("got %v, want %s", err, test.says)
				}
			})
			if allocated > 8<<20 {
				t.Errorf("%d bytes were allocated", allocated)
			}
		})
	}
}

// FuzzStructs reads anything.
func FuzzStructs(f *testing.F) {
	f.Add(testUnit(4, false, testEntries), testAbbreviations)
	f.Add(testUnit(5, true, testEntries), testAbbreviations)
	f.Fuzz(func(t *testing.T, info, abbreviations []byte) {
		defer fuzzlimit.Watch(t)()
		budget := untrusted.NewBudget(untrusted.Limits{Read: 1 << 20, Memory: 1 << 20, Steps: 1 << 20})
		_, _ = Structs(bytes.NewReader(info), abbreviations, budget, "wanted", "empty")
	})
}

// TestAbbreviationsWithoutEnd are refused before they take much memory.
func TestAbbreviationsWithoutEnd(t *testing.T) {
	for name, section := range map[string][]byte{
		"attributes":         append([]byte{1, 2, 0}, bytes.Repeat([]byte{3, 8}, 1<<20)...),
		"an unfinished kind": {1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			allocated := allocatedBy(func() {
				if _, err := parseAbbreviations(section, 0, nil); err == nil {
					t.Error("no error")
				}
			})
			if allocated > 8<<20 {
				t.Errorf("%d bytes were allocated", allocated)
			}
		})
	}
}
