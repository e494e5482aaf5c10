package replay

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testreport"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestFigures compares every number in the reports of the committed recordings with committed
// ones: totals one by one; reports of single intervals, of the last seconds and of charts
// as sums over all recordings.
func TestFigures(t *testing.T) {
	recordings, err := filepath.Glob("../../test/sick/testdata/*.rec")
	if err != nil || len(recordings) == 0 {
		t.Fatalf("recordings: %v, %v", recordings, err)
	}
	totals, sums := map[string]figures{}, figures{}
	for _, path := range recordings {
		reports, err := File(path, Options{Timelines: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range reports.Targets {
			testreport.Check(t, r)
		}
		total := figures{}
		total.add("targets[%d]", reports.Targets)
		totals[strings.TrimSuffix(filepath.Base(path), ".rec")] = total
		for _, line := range reports.Timelines {
			sums.add("stretches[]", line.Stretches)
			sums.add("sampled[]", line.Sampled)
		}
		sums.addLive(t, path)
	}
	for name, total := range totals {
		t.Run(name, func(t *testing.T) { total.golden(t, "testdata/figures/"+name+".json") })
	}
	t.Run("sums", func(t *testing.T) { sums.golden(t, "testdata/figures/sums.json") })
}

// addLive adds what is shown of each interval while a target is watched.
func (f figures) addLive(t *testing.T, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	recorded, err := recording.NewReader(bufio.NewReader(file), nil)
	if err != nil {
		t.Fatal(err)
	}
	live := &monitor.Monitor{Limits: recorded.Header.Limits}
	err = addAll(recorded, func(s snapshot.Snapshot) error {
		live.Add(s)
		last, frame := live.Last(s), live.Frame(s)
		testreport.Check(t, last)
		testreport.Check(t, frame.Total)
		f.add("last", last)
		f.add("frame", frame)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// figures are numbers by their path. Numbers with the same path are summed, and path# is how
// many they are.
type figures map[string]float64

// add adds all numbers of a value, including fields that JSON does not have. Of texts, it
// counts those that name something.
func (f figures) add(path string, v any) { f.walk(path, "", reflect.ValueOf(v)) }

func (f figures) walk(path, field string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			f.walk(path, field, v.Elem())
		}
	case reflect.Slice, reflect.Array:
		f.enter(path+".length", float64(v.Len()))
		for i := range v.Len() {
			f.walk(indexed(path, i), field, v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			f.walk(path+"."+key.String(), field, v.MapIndex(key))
		}
	case reflect.Struct:
		f.walkStruct(path, v)
	case reflect.String:
		if slices.Contains([]string{"ID", "Severity", "Kind", "Stage", "Function", "Name", "What", "Signal", "Key"}, field) {
			f.enter(path+"="+v.String(), 1)
		}
	case reflect.Bool:
		if v.Bool() {
			f.enter(path, 1)
		}
	case reflect.Float64:
		f.enter(path, v.Float())
	default:
		if v.CanUint() {
			f.enter(path, float64(v.Uint()))
		} else {
			f.enter(path, float64(v.Int()))
		}
	}
}

func (f figures) walkStruct(path string, v reflect.Value) {
	if at, is := v.Interface().(time.Time); is {
		f.enter(path, float64(at.UnixNano()))
		return
	}
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.IsExported() && field.Type != reflect.TypeFor[snapshot.Target]() {
			f.walk(path+"."+field.Name, field.Name, v.Field(i))
		}
	}
}

func (f figures) enter(path string, v float64) {
	f[path] += v
	f[path+"#"]++
}

// indexed is the path of an element where all elements are compared.
func indexed(path string, i int) string {
	if !strings.HasPrefix(path, "targets[") {
		return path
	}
	if first, is := strings.CutSuffix(path, "[%d]"); is {
		path = first
	}
	return fmt.Sprintf("%s[%d]", path, i)
}

// tolerance is for floating-point operations, which some processors fuse.
const tolerance = 1e-9

func (f figures) golden(t *testing.T, path string) {
	t.Helper()
	for key := range f {
		if n, counted := strings.CutSuffix(key, "#"); counted && f[key] == 1 {
			delete(f, n+"#") // the number stands for itself
		}
	}
	if *update {
		f.write(t, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := figures{}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for key := range want {
		if _, got := f[key]; !got {
			t.Errorf("%s is missing, want %g", key, want[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f)) {
		before, known := want[key]
		if !known || math.Abs(f[key]-before) > tolerance*math.Abs(before) {
			t.Errorf("%s: got %g, want %g (%t)", key, f[key], before, known)
		}
	}
}

func (f figures) write(t *testing.T, path string) {
	t.Helper()
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(f)) {
		lines = append(lines, strconv.Quote(key)+":"+strconv.FormatFloat(f[key], 'g', 12, 64))
	}
	if err := os.WriteFile(path, []byte("{"+strings.Join(lines, ",\n")+"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}
