package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/pprof/profile"

	"github.com/otwatch/otwatch/internal/checklist"
	"github.com/otwatch/otwatch/internal/compare"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/untrusted"
	"github.com/otwatch/otwatch/internal/view"
)

// hostile is a text with characters that must not be shown, and with some whose width
// is hard to measure.
const hostile = "1\ufe0f\u20e3 a\x1b]0;owned\x07\x1b[2J\u009b31m\x7f\u2028\u202e\u2066\u200b\u3164\n\r\t\x00\xff\xfe</title><b> `|` 日本 👨‍👩‍👧 🇩🇪 e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301"

// fill sets everything in a value: texts to a hostile one, lists and maps to two
// entries, numbers to values above 0.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint64, reflect.Uint32:
		v.SetUint(7)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), text)
		fill(v.Index(1), text+"2")
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, text)
		fill(value, text)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1800000000, 0)))
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), text)
			}
		}
	}
}

func hostileReport(text string) report.Report {
	var r report.Report
	fill(reflect.ValueOf(&r).Elem(), text)
	r.Schema = report.Schema
	r.Findings[0].Severity, r.Findings[1].Severity = "critical", "warning"
	for i := range r.Missing { // otherwise nothing is known
		r.Missing[i].What = "spans.cost_us" + text
	}
	return r
}

// clean fails the test for a byte that otwatch does not write itself.
func clean(t *testing.T, name, output string) {
	t.Helper()
	if !utf8.ValidString(output) {
		t.Errorf("%s is not UTF-8", name)
	}
	for i, r := range output {
		if r != '\n' && (unicode.IsControl(r) || !untrusted.Shows(r)) {
			t.Fatalf("%s lets %q through: …%q", name, r, output[max(0, i-40):min(len(output), i+40)])
		}
	}
}

// TestNothingRawIsShown writes a report in which every text is hostile, in every form.
func TestNothingRawIsShown(t *testing.T) {
	r := hostileReport(hostile)
	reports := []report.Report{r, hostileReport(strings.Repeat(hostile, 50))}
	frames := []report.Frame{{Total: r, Recent: r, State: hostile, QueueHistory: []uint64{1, 2}}, {Total: reports[1], Recent: reports[1]}}
	unobserved := export.Host{Unobserved: []export.Unobserved{{Exe: hostile, Why: hostile}}}
	var s snapshot.Snapshot
	fill(reflect.ValueOf(&s).Elem(), hostile)
	found := []target.Found{
		{
			PID: 1, Exe: hostile, GoVersion: hostile, SDKVersion: hostile, Err: errors.New(hostile),
			Identity: target.Identity{ServiceName: hostile, Kubernetes: snapshot.Kubernetes{PodName: hostile, Namespace: hostile, Container: hostile}},
		},
		{PID: 2, Err: &target.Error{PID: 2, Exe: hostile, Says: hostile}},
	}
	screen := view.Screen{Width: 100}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"summary":   func(b *bytes.Buffer) error { return view.Summary(b, r, screen) },
		"lines":     func(b *bytes.Buffer) error { return view.Lines(b, frames) },
		"targets":   func(b *bytes.Buffer) error { return view.Targets(b, frames, screen) },
		"checklist": func(b *bytes.Buffer) error { return view.Checklist(b, checklist.Of(r), screen) },
		"compare":   func(b *bytes.Buffer) error { return view.Compare(b, compare.Reports(reports, reports), screen) },
		"markdown":  func(b *bytes.Buffer) error { return view.CompareMarkdown(b, compare.Reports(reports, reports)) },
		"list":      func(b *bytes.Buffer) error { return listTable(b, found, true) },
		"log": func(b *bytes.Buffer) error {
			newLogger(untrusted.Lines{W: b}, slog.LevelInfo).Warn(hostile, hostile, hostile)
			return nil
		},
		"html": func(b *bytes.Buffer) error {
			return view.HTML(b, []report.Timeline{{Total: r, Stretches: reports, Sampled: reports}}, hostile)
		},
		"json":           func(b *bytes.Buffer) error { return export.JSON(b, export.HostDocument(reports, unobserved)) },
		"jsonl":          func(b *bytes.Buffer) error { return export.JSONLine(b, r) },
		"json list":      func(b *bytes.Buffer) error { return export.JSON(b, export.List(found)) },
		"json compare":   func(b *bytes.Buffer) error { return export.JSON(b, compare.Reports(reports, reports)) },
		"json checklist": func(b *bytes.Buffer) error { return export.JSON(b, export.Checklists(reports)) },
		"profile":        func(b *bytes.Buffer) error { return profileText(b, export.Profile([]snapshot.Snapshot{s})) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.String(), "owned") {
				t.Error("it does not show the text")
			}
			clean(t, name, b.String())
			if strings.HasPrefix(name, "json") && !json.Valid(b.Bytes()[:b.Len()-1]) {
				t.Errorf("no JSON: %s", b.String())
			}
			if name == "html" && strings.Contains(b.String(), "<b>") {
				t.Error("markup of the target is in the page")
			}
		})
	}
}

// profileText writes the texts of a profile.
func profileText(b *bytes.Buffer, p *profile.Profile) error {
	for _, f := range p.Function {
		b.WriteString(f.Name + f.Filename + f.SystemName)
	}
	for _, m := range p.Mapping {
		b.WriteString(m.File)
	}
	for _, s := range p.Sample {
		for _, values := range s.Label {
			b.WriteString(strings.Join(values, ""))
		}
	}
	return nil
}

// TestNothingRawIsDrawn draws such a report at many widths, and expects no line beyond
// the width.
func TestNothingRawIsDrawn(t *testing.T) {
	r := hostileReport(hostile)
	frame := report.Frame{Total: r, Recent: r, State: hostile, QueueHistory: []uint64{1, 2}}
	for width := 1; width <= 300; width++ {
		for _, screen := range []view.Screen{{Width: width, Color: true}, {Width: width, Height: 1 + width%40}, {Width: width, ASCII: true}} {
			var b bytes.Buffer
			b.WriteString(view.Render(frame, "", []string{"q quit"}, screen) + "\n")
			if err := errors.Join(view.Summary(&b, r, screen), view.Targets(&b, []report.Frame{frame, frame}, screen), view.Checklist(&b, checklist.Of(r), screen)); err != nil {
				t.Fatal(err)
			}
			clean(t, "the screen", ansi.Strip(b.String()))
			for line := range strings.Lines(b.String()) {
				if n := ansi.StringWidth(line); n > width {
					t.Fatalf("a line of %d columns on %d: %q", n, width, line)
				}
			}
		}
	}
}

// TestErrorsAreShownCleanly has errors of files with hostile names.
func TestErrorsAreShownCleanly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a\x1b[2J\xff\u202e.rec")
	if err := os.WriteFile(path, []byte("no recording"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"report", path}, {"report", path + "x"}, {"compare", path, path}, {"report", hostile + "\x1b", "-x\x1b[2J"}, {"attach", "--pid", "\x1b[2J"},
		{"attach", "--output", "\x1b"}, {"attach", "--\x1b[2J"}, {"\x1b[2J"}, {"attach", "--limit", "\x1b[2J=1"}, {"report", "--fail-on", "\x1b", path},
	} {
		var stderr bytes.Buffer
		stdout, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
		if err != nil {
			t.Fatal(err)
		}
		code := run(t.Context(), append([]string{"otwatch"}, args...), nil, stdout, &stderr)
		written, err := os.ReadFile(stdout.Name())
		if err := errors.Join(err, stdout.Close()); err != nil {
			t.Fatal(err)
		}
		if code == 0 || stderr.Len() == 0 {
			t.Errorf("%q: exit code %d, %q", args, code, stderr.String())
		}
		clean(t, strings.Join(args, " "), stderr.String()+string(written))
	}
}

// TestAReportOfOthersIsReadAsText expects the texts of a JSON report to be sanitized
// too.
func TestAReportOfOthersIsReadAsText(t *testing.T) {
	document, err := json.Marshal(hostileReport(hostile))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.json")
	if err := os.WriteFile(path, document, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"report"}, {"report", "-o", "json"}, {"report", "-o", "html"}, {"report", "--checklist"}} {
		stdout, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		code := run(t.Context(), append(append([]string{"otwatch"}, args...), path), nil, stdout, &stderr)
		written, err := os.ReadFile(stdout.Name())
		if err := errors.Join(err, stdout.Close()); err != nil || code != 0 {
			t.Fatalf("%q: exit code %d, %v, %s", args, code, err, stderr.String())
		}
		clean(t, strings.Join(args, " "), string(written)+stderr.String())
	}
}
