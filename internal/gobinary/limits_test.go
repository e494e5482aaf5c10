package gobinary

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/testprogram"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// repeated repeats a text without end.
type repeated string

func (r repeated) ReadAt(p []byte, offset int64) (int, error) {
	n := copy(p, r[offset%int64(len(r)):])
	for n < len(p) {
		n += copy(p[n:], r)
	}
	return n, nil
}

// TestLimitsOfHeaders has a program for each limit of parsing.
func TestLimitsOfHeaders(t *testing.T) {
	file, err := os.ReadFile(testprogram.Build(t, hostileVariants[0]))
	if err != nil {
		t.Fatal(err)
	}
	h, err := readHeaders(bytes.NewReader(file), nil)
	if err != nil {
		t.Fatal(err)
	}
	names := h.Shoff + uint64(h.Shstrndx)*64
	table := sectionOffset(t, file, ".gopclntab")
	segment := uint64(0) // header of the one with the table
	for i, p := range h.programs {
		if p.Off <= table && table < p.Off+p.Filesz {
			segment = h.Phoff + uint64(i)*56
		}
	}
	section := uint64(0) // header of the table
	for i, s := range h.sections {
		if s.Name == ".gopclntab" {
			section = h.Shoff + uint64(i)*64
		}
	}
	word := func(at, value uint64) []number {
		return []number{{at: at, size: 8, name: string(binary.LittleEndian.AppendUint64(nil, value))}}
	}
	half := func(at, value uint64) []number {
		return []number{{at: at, size: 2, name: string(binary.LittleEndian.AppendUint64(nil, value))}}
	}
	join := func(parts ...[]number) (all []number) {
		for _, part := range parts {
			all = append(all, part...)
		}
		return all
	}
	for _, test := range []struct {
		name  string
		edits []number // their names are the new values
		says  string
	}{
		{"program headers", half(56, 0xffff), "it has more than 1170 program headers"},
		{"sections", half(60, 0xfeff), "it has more than 8192 sections"},
		{"sections that the first counts", join(half(60, 0), word(h.Shoff+32, 200_000_000)), "it has more than 8192 sections"},
		{"names of sections", word(names+32, 1<<40), "the names of its sections have more than 1048576 bytes"},
		{"segments", word(segment+32, 8<<40), "its segments have more than 8 GiB"},
		{"functions", join(word(segment+32, 1<<32), word(section+32, 1<<31), word(table+8, 5<<20)), "it has more than 4194304 functions"},
		{"a search without section headers", join(word(40, 0), half(60, 0), half(62, 0), word(table, 0), word(segment+32, 7<<30)), "reading it takes more than 1024 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			program := &hostile{file: file, edits: map[uint64]byte{}, size: 1 << 62}
			for _, n := range test.edits {
				program.set(n, binary.LittleEndian.Uint64([]byte(n.name)))
			}
			_, err := Read(program)
			if want := "the executable: too large to examine: " + test.says; !errors.Is(err, ErrTooLarge) || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// TestLimitsOfNames looks names up in tables without an end.
func TestLimitsOfNames(t *testing.T) {
	for _, test := range []struct {
		name  string
		table repeated
		says  string
	}{
		{"names", repeated(make([]byte, chunk)), "it has more than 8388608 entries"},
		{"a name", repeated(strings.Repeat("x", chunk)), "reading it takes more than 512 MiB"},
		{"names that match", repeated(strings.Repeat("(*T).ExportSpans\x00", 1000)), "it needs more than 1 MiB of memory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := Binary{located: &located{functions: map[string][]Function{}},
				functions: &pclntab{r: test.table, namesEnd: 1 << 40, count: 1 << 20}}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := b.Functions("*.ExportSpans")
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), ": too large to examine: "+test.says) {
				t.Errorf("got %v, want %s", err, test.says)
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 8<<20 {
				t.Errorf("%d bytes were allocated", allocated)
			}
		})
	}
}

// TestLimitsOfDebugInformation has sections that claim to be large, and sections that
// are.
func TestLimitsOfDebugInformation(t *testing.T) {
	file, err := os.ReadFile(testprogram.Build(t, hostileVariants[0]))
	if err != nil {
		t.Fatal(err)
	}
	h, err := readHeaders(bytes.NewReader(file), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		section, says string
		size          uint64
	}{
		{".debug_info", "it has more than 128 MiB", 8 << 30},
		{".debug_abbrev", "it has more than 4194304 bytes of abbreviations", 8 << 30},
	} {
		program := &hostile{file: file, edits: map[uint64]byte{}, size: 1 << 62}
		for i, s := range h.sections {
			if s.Name == test.section {
				program.set(number{at: h.Shoff + uint64(i)*64 + 32, size: 8}, test.size)
			}
		}
		b, err := Read(program)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Structs("x"); !errors.Is(err, ErrTooLarge) || err.Error() != "its debug information is too large to examine: "+test.says {
			t.Errorf("%s: got %v, want %s", test.section, err, test.says)
		}
	}
}

// TestHolesAreNotRead searches a sparse file of a terabyte.
func TestHolesAreNotRead(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const size, at = 1 << 40, 1 << 39
	if err := file.Truncate(size); err != nil {
		t.Skipf("SKIPPED: no sparse files here: %v", err)
	}
	if _, err := file.WriteAt([]byte("wanted!!"), at); err != nil {
		t.Fatal(err)
	}
	if hole, err := file.Seek(0, unix.SEEK_DATA); err != nil || hole == 0 {
		t.Skipf("SKIPPED: this file system does not report holes: %v", err)
	}
	r := &countingReader{ReaderAt: file}
	m := image{r: r, file: file}
	segment := elf.ProgHeader{Filesz: size}
	var found []uint64
	for address := range m.find(segment, binary.LittleEndian.Uint64([]byte("wanted!!"))) {
		found = append(found, address)
	}
	if len(found) != 1 || found[0] != at || r.bytes.Load() > 16<<20 {
		t.Errorf("found at %#x, read %d bytes", found, r.bytes.Load())
	}
}

// TestFramesOfTablesWithoutEnd costs little for one address, and for many.
func TestFramesOfTablesWithoutEnd(t *testing.T) {
	table := &pclntab{r: repeated(strings.Repeat("\x02\x01", chunk)), functab: 1 << 40, quantum: 1}
	r := &countingReader{ReaderAt: table.r}
	table.r = r
	cache := &frameCache{}
	now := time.Now()
	for range 1000 {
		l := frameLookup{pclntab: table.within(cache.budget(now)).within(untrusted.NewBudget(lookup)), whole: table, cache: cache}
		if file, line, err := l.position(record{pcfile: 1, pcln: 1}, 1<<60); file != "" || line != 0 || err != nil {
			t.Fatalf("got %s:%d, %v", file, line, err)
		}
	}
	if r.bytes.Load() > lookups.Read {
		t.Errorf("%d bytes were read for 1000 addresses", r.bytes.Load())
	}
	if cache.budget(now).Err() == nil || cache.budget(now.Add(2*lookupsTime)).Err() != nil {
		t.Error("what lookups may cost is not renewed")
	}
}

// TestNamesAreCut and marked if they are longer than real ones.
func TestNamesAreCut(t *testing.T) {
	long := strings.Repeat("n", 60000)
	for _, test := range []struct{ name, in, want string }{
		{"short", "main.main", "main.main"},
		{"longest", long[:maxShownName], long[:maxShownName]},
		{"too long", long, long[:maxShownName-len("…")] + "…"},
		{"invalid", "a\xffb", "a\ufffdb"},
	} {
		content := "first\x00" + test.in + "\x00"
		table := &pclntab{r: bytes.NewReader([]byte(content)), namesEnd: uint64(len(content))}
		if got, err := table.name(6); got != test.want || err != nil {
			t.Errorf("%s: got %.40q (%d bytes), %v", test.name, got, len(got), err)
		}
	}
	table := &pclntab{r: bytes.NewReader([]byte("unfinished")), namesEnd: 10}
	if got, err := table.name(0); err == nil {
		t.Errorf("a name without an end: %q", got)
	}
}

// TestFailedReadsAreNoVerdict, since the next read may succeed.
func TestFailedReadsAreNoVerdict(t *testing.T) {
	file, err := os.Open(testprogram.Build(t, testprogram.Tiny))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	var e *Error
	if _, err := b.Functions("main.main"); !errors.Is(err, os.ErrClosed) || errors.As(err, &e) {
		t.Errorf("got %v", err)
	}
	if _, err := Read(file); !errors.Is(err, os.ErrClosed) || errors.As(err, &e) {
		t.Errorf("got %v", err)
	}
}
