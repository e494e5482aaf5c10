package replay

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/checklist"
	"github.com/otwatch/otwatch/internal/compare"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/untrusted"
	"github.com/otwatch/otwatch/internal/view"
)

// frameOf is a record as JSON in its frame.
func frameOf(records ...string) []byte {
	var payload bytes.Buffer
	deflate, _ := flate.NewWriter(&payload, flate.BestSpeed)
	for _, record := range records {
		_, _ = io.WriteString(deflate, record)
	}
	_ = deflate.Close()
	head := binary.LittleEndian.AppendUint32(nil, uint32(payload.Len()))
	head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(payload.Bytes(), crc32.MakeTable(crc32.Castagnoli)))
	return append(head, payload.Bytes()...)
}

// forged is a recording of records as JSON.
func forged(records ...string) []byte {
	file := append([]byte("otwatch\x1a\x01\x00"), frameOf(`{"header":{"version":"x","cpus":2,"limits":{}}}`)...)
	for _, record := range records {
		file = append(file, frameOf(record)...)
	}
	return append(file, frameOf(`{"end":{"skipped":0}}`)...)
}

const target = `"Target":{"PID":1,"StartTicks":1},"Start":"2026-01-01T00:00:00Z","Elapsed":1000000000`

// snapshotWith is a record with more members of a Snapshot.
func snapshotWith(members string) string { return `{"snapshot":{` + target + `,` + members + `}}` }

// many is a list of n elements.
func many(n int, element string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + "]"
}

// each is n records that differ by their number.
func each(n int, record func(i int) string) (all []string) {
	for i := range n {
		all = append(all, record(i))
	}
	return all
}

// processor is an interval with a processor that drops i times drops spans.
func processor(i int, queue, batch, drops uint64, elapsed string) string {
	return fmt.Sprintf(`{"snapshot":{"Target":{"PID":1,"StartTicks":1},"Start":"2026-01-01T00:00:%02dZ","Elapsed":%s,"Processors":[{"Address":1,"Exporter":2,
		"Settings":{"MaxQueueSize":%d,"MaxExportBatchSize":%d,"BatchTimeout":1000000000},"Before":{"Dropped":%d},"After":{"Dropped":%d},"Peak":5}],
		"Exports":[{"Address":2,"Operations":1,"Spans":1,"Exported":1,"Latest":[{"Duration":1,"Spans":1}]}]}}`,
		i%60, elapsed, queue, batch, uint32(uint64(i)*drops), uint32(uint64(i+1)*drops))
}

const most = 1_000_000 // elements of a list: of the least ones, text of 3 MB

// hostileFiles are small files that expand to much.
var hostileFiles = []struct {
	name    string
	refused bool
	file    func() []byte
}{
	{"frames", true, func() []byte {
		return forged(snapshotWith(`"Samples":{"Hz":100,"Stacks":[{"ID":1,"Count":1,"Frames":` + many(most, "{}") + `}]}`))
	}},
	{"stacks", true, func() []byte { return forged(snapshotWith(`"Samples":{"Stacks":` + many(most, "{}") + `}`)) }},
	{"names", true, func() []byte { return forged(snapshotWith(`"Names":{"List":` + many(most, "{}") + `}`)) }},
	{"exports", true, func() []byte { return forged(snapshotWith(`"Exports":` + many(most, "{}"))) }},
	{"followed sites", true, func() []byte { return forged(snapshotWith(`"Following":{"Sites":` + many(most, "{}") + `}`)) }},
	{"a key in other letters", true, func() []byte {
		return forged(snapshotWith(`"ſample\u017f":{"\u0053tacKs":` + many(most, `{"ID":1,"frames":[]}`) + `}`))
	}},
	{"the same key again and again", true, func() []byte {
		return forged(snapshotWith(strings.TrimSuffix(strings.Repeat(`"Exports":`+many(100, "{}")+",", 2000), ",")))
	}},
	{"operations", true, func() []byte { return forged(snapshotWith(`"Exports":[{"Latest":` + many(2*most, "{}") + `}]`)) }},
	{"attributes", true, func() []byte {
		return forged(snapshotWith(`"Target":{"PID":1,"Resource":{"Attributes":` + many(most, "{}") + `}}`))
	}},
	{"what nobody knows", false, func() []byte { return forged(snapshotWith(`"Unknown":` + many(most, `{"a":[1]}`))) }},
	{"a text of 60 MB", true, func() []byte {
		return forged(snapshotWith(`"Target":{"PID":1,"Exe":"` + strings.Repeat("x", 60<<20) + `"}`))
	}},
	{"spaces", true, func() []byte { return forged(snapshotWith(strings.Repeat(" ", 60<<20) + `"Ended":true`)) }},
	{"nested deeply", true, func() []byte { return forged(snapshotWith(`"Unknown":` + strings.Repeat("[", most))) }},
	{"a long number", true, func() []byte { return forged(snapshotWith(`"Elapsed":1` + strings.Repeat("0", 40<<20))) }},
	{"limits with more", true, func() []byte {
		return append([]byte("otwatch\x1a\x01\x00"), frameOf(`{"header":{"version":"`, strings.Repeat("v", 60<<20), `"}}`)...)
	}},
	{"targets without end", true, func() []byte {
		return forged(each(5000, func(i int) string { return fmt.Sprintf(`{"snapshot":{"Target":{"PID":%d}}}`, i) })...)
	}},
	{"exporters that are always new", true, func() []byte {
		return forged(each(300, func(i int) string {
			var list []string
			for k := range 500 {
				list = append(list, fmt.Sprintf(`{"Address":%d}`, i*500+k))
			}
			return snapshotWith(`"Exports":[` + strings.Join(list, ",") + `]`)
		})...)
	}},
	{"intervals of no time", true, func() []byte {
		return forged(each(3000, func(i int) string {
			return `{"snapshot":{"Target":{"PID":1},"Exports":` + many(100, `{"Address":1}`) + `}}`
		})...)
	}},
	{"a billion drops", false, func() []byte {
		return forged(each(12, func(i int) string { return processor(i, 1<<30, 1, 70_000_000, "1000000000") })...)
	}},
	{"a forecast each interval of no time", false, func() []byte {
		return forged(each(600, func(i int) string { return processor(i, 1<<30, 1, 70_000_000, "0") })...)
	}},
	{"a JSON report of many targets", true, func() []byte {
		return []byte(`{"schema":"otwatch.report/v1","targets":` + many(most, "{}") + `}`)
	}},
	{"a JSON report of many findings", true, func() []byte {
		return []byte(`{"schema":"otwatch.report/v1","findings":` + many(5*most, "{}") + `}`)
	}},
	{"a JSON report nested deeply", true, func() []byte {
		return []byte(`{"schema":"otwatch.report/v1","x":` + strings.Repeat(`{"x":`, most))
	}},
}

// readHostile names the test that is run in a process of its own, under a limit.
const readHostile = "OTWATCH_READ_HOSTILE"

// TestHostileFiles reads each file in a process that may have 256 MB of memory, and
// reports and compares what it got.
func TestHostileFiles(t *testing.T) {
	if path := os.Getenv(readHostile); path != "" {
		readInChild(path)
	}
	for _, test := range hostileFiles {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "hostile")
			if err := os.WriteFile(path, test.file(), 0o600); err != nil {
				t.Fatal(err)
			}
			child := exec.Command(os.Args[0], "-test.run=^TestHostileFiles$")
			child.Env = append(os.Environ(), readHostile+"="+path)
			out, err := child.CombinedOutput()
			said, _, _ := strings.Cut(string(out), "\n")
			t.Logf("%s (user %v)", said, child.ProcessState.UserTime())
			if err != nil {
				t.Fatalf("%v: %.500s", err, out)
			}
			if refused := strings.HasPrefix(said, "refused"); refused != test.refused {
				t.Errorf("refused: %v, want %v", refused, test.refused)
			}
			if peak := peakIn(string(out)); peak == 0 || peak > 256<<10 {
				t.Errorf("%d kB of memory, want no more than 256 MB", peak)
			}
		})
	}
}

// readInChild prints what came of a file, and the most memory that was taken.
func readInChild(path string) {
	debug.SetMemoryLimit(200 << 20)
	reports, err := File(path, Options{Timelines: true})
	switch {
	case errors.Is(err, untrusted.ErrTooLarge):
		fmt.Println("refused:", err)
	case err != nil:
		fmt.Println("failed:", err)
	default:
		if err := showAll(reports); err != nil {
			fmt.Println("cannot be shown:", err)
			os.Exit(1)
		}
		fmt.Println("reported", len(reports.Targets))
	}
	status, _ := os.ReadFile("/proc/self/status")
	fmt.Println(string(status))
	os.Exit(0)
}

// peakIn finds VmHWM, in kB.
func peakIn(status string) (peak int) {
	_, rest, _ := strings.Cut(status, "VmHWM:")
	_, _ = fmt.Sscan(rest, &peak)
	return peak
}

// showAll writes reports in every form that there is.
func showAll(r Reports) error {
	document := export.Document(r.Targets, r.CPUs)
	errs := []error{view.HTML(io.Discard, r.Timelines, r.Warning)}
	for _, d := range []any{document, export.Checklists(r.Targets), compare.Reports(r.Targets, r.Targets)} {
		var b bytes.Buffer
		errs = append(errs, export.JSON(&b, d))
		if !json.Valid(b.Bytes()) {
			errs = append(errs, fmt.Errorf("not JSON: %.200s", b.Bytes()))
		}
	}
	for _, one := range r.Targets {
		errs = append(errs, view.Summary(io.Discard, one, view.Screen{}), view.Checklist(io.Discard, checklist.Of(one), view.Screen{}))
	}
	errs = append(errs, view.Compare(io.Discard, compare.Reports(r.Targets, r.Targets), view.Screen{}))
	if len(r.Snapshots) > 0 {
		errs = append(errs, export.Profile(r.Snapshots).Write(io.Discard))
	}
	return errors.Join(errs...)
}

// mutate changes some of what a JSON value holds: numbers and texts to hostile ones, lists
// and objects to longer and shorter ones.
func mutate(v any, random *rand.Rand, often int) any {
	rarely := random.IntN(often) == 0
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			if v[key] = mutate(v[key], random, often); random.IntN(4*often) == 0 {
				delete(v, key)
			}
		}
	case []any:
		for i := range v {
			v[i] = mutate(v[i], random, often)
		}
		switch {
		case len(v) > 0 && rarely:
			return slices.Concat(v, v[:random.IntN(len(v)+1)], v)
		case random.IntN(4*often) == 0:
			return []any{}
		}
		return v
	case json.Number:
		if rarely {
			return json.Number(numbers[random.IntN(len(numbers))])
		}
	case string:
		if rarely && !strings.HasPrefix(v, "2026") {
			return []string{"", "\x1b[31m", "\u202e", "a\nb", "💥", strings.Repeat("long ", 200)}[random.IntN(6)]
		}
	}
	return v
}

var numbers = []string{
	"0", "1", "-1", "2", "4294967295", "9007199254740993", "9223372036854775807", "18446744073709551615", "-9223372036854775808",
	"1e308", "5e-324", "-1e308", "0.5",
}

// mutated is a recording whose records are changed, decided by a seed.
func mutated(t testing.TB, file []byte, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	often := 1 << random.IntN(10)
	out := bytes.Clone(file[:10])
	for rest := file[10:]; len(rest) > 8; {
		length := 8 + binary.LittleEndian.Uint32(rest)
		decoder := json.NewDecoder(flate.NewReader(bytes.NewReader(rest[8:length])))
		decoder.UseNumber()
		var v any
		if err := decoder.Decode(&v); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(mutate(v, random, often+3))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, frameOf(string(text))...)
		rest = rest[length:]
	}
	return out
}

// FuzzMutatedRecordings shows what is left of real recordings, in every form: it may be
// refused, but nothing panics and JSON is JSON.
func FuzzMutatedRecordings(f *testing.F) {
	var files [][]byte
	for _, name := range []string{"span-drop", "sync-export", "memory-growth", "span-leak", "costly-with-ids-in-names", "overwhelmed-collector"} {
		file, err := os.ReadFile("../../test/sick/testdata/" + name + ".rec")
		if err != nil {
			f.Fatal(err)
		}
		files = append(files, file)
	}
	for seed := range uint64(24) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		defer fuzzlimit.Watch(t)()
		file := mutated(t, files[seed%uint64(len(files))], seed)
		budget := untrusted.NewBudget(untrusted.Limits{Read: maxBytes, Memory: maxMemory, Steps: maxSteps + stepsPerByte*int64(len(file))})
		reports, err := read(bufio.NewReader(bytes.NewReader(file)), Options{Partial: true, Timelines: true, budget: budget})
		if err != nil {
			return
		}
		if err := showAll(reports); err != nil {
			t.Error(err)
		}
		var b bytes.Buffer
		if err := export.JSON(&b, export.Document(reports.Targets, reports.CPUs)); err != nil {
			t.Fatal(err)
		}
		again, err := read(bufio.NewReader(&b), Options{budget: budget})
		if err == nil {
			err = showAll(again)
		}
		if err != nil && !errors.Is(err, untrusted.ErrTooLarge) {
			t.Error(err)
		}
	})
}

// TestOversizedIsSaid expects a warning of Snapshots that were too large to be recorded.
func TestOversizedIsSaid(t *testing.T) {
	if said := incomplete(recording.End{Skipped: 2, Oversized: 3}); !strings.Contains(said, "last 2 snapshots") || !strings.Contains(said, strconv.Itoa(3)+" snapshots were too large") {
		t.Error(said)
	}
}

// TestStacksAreKnownByTheirFrames reads two recordings that have one ID for different stacks:
// each counts by its own frames.
func TestStacksAreKnownByTheirFrames(t *testing.T) {
	const tracing = "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End"
	for function, want := range map[string]float64{tracing: 1, "main.work": 0} {
		file := forged(snapshotWith(`"Samples":{"Hz":100,"Stacks":[{"ID":1,"Count":1000,"Frames":[{"Function":"` + function + `"}]}]}`))
		got, err := read(bufio.NewReader(bytes.NewReader(file)), Options{Partial: true})
		if err != nil {
			t.Fatal(err)
		}
		if direct := got.Targets[0].CPU.Tracing.Direct; direct == nil || direct.Value != want {
			t.Errorf("%s: tracing has %+v of the samples, want %v", function, direct, want)
		}
	}
}
