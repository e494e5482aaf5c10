package replay

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// twoTargets are three intervals of two targets that take turns.
func twoTargets() []snapshot.Snapshot {
	begin := time.Date(2026, 11, 24, 12, 0, 0, 0, time.FixedZone("", 3600))
	var all []snapshot.Snapshot
	for i := range 6 {
		all = append(all, snapshot.Snapshot{
			Target: snapshot.Target{PID: 4711 + i%2, Exe: "/bin/checkout", ServiceName: "checkout"},
			Start:  begin.Add(time.Duration(i/2) * time.Second), Elapsed: time.Second,
			Process: snapshot.Process{CPU: 900 * time.Millisecond, RSS: 100e6},
			Samples: snapshot.Samples{Hz: 100, Stacks: []snapshot.Stack{
				snapshot.NewStack(20, &snapshot.Frame{Function: "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start"}, &snapshot.Frame{Function: "main.main"}),
				snapshot.NewStack(70, &snapshot.Frame{Function: "main.main"}),
			}},
		})
	}
	return all
}

// recorded returns a recording of all, and the JSON that was reported live.
func recorded(t *testing.T, limit int, all []snapshot.Snapshot) (file []byte, live string) {
	t.Helper()
	var b bytes.Buffer
	w, err := recording.NewWriter(&b, recording.Header{Version: "v1", CPUs: 2}, limit)
	if err != nil {
		t.Fatal(err)
	}
	figures := &monitor.Monitor{}
	for _, s := range all {
		figures.Add(s)
		if err := w.Write(s, report.Limits{}); err != nil && !errors.Is(err, recording.ErrFull) {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), asJSON(t, Reports{Targets: figures.Totals(), CPUs: 2})
}

func asJSON(t *testing.T, r Reports) string {
	t.Helper()
	var b bytes.Buffer
	if err := export.JSON(&b, export.Document(r.Targets, r.CPUs)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func readAll(file []byte, partial bool) (Reports, error) {
	return read(bufio.NewReader(bytes.NewReader(file)), Options{Partial: partial})
}

// TestReplayIsLive holds for one target and for several, from a recording and
// from the JSON report.
func TestReplayIsLive(t *testing.T) {
	for _, all := range [][]snapshot.Snapshot{twoTargets()[:1], twoTargets()} {
		file, live := recorded(t, recording.Limit, all)
		for form, content := range map[string][]byte{"recording": file, "JSON": []byte(live)} {
			got, err := readAll(content, false)
			if err != nil || got.Warning != "" {
				t.Fatal(form, err, got.Warning)
			}
			if diff := cmp.Diff(live, asJSON(t, got)); diff != "" {
				t.Errorf("%s of %d snapshots (-live +replayed):\n%s", form, len(all), diff)
			}
		}
	}
}

func TestPartial(t *testing.T) {
	file, _ := recorded(t, recording.Limit, twoTargets())
	cut := file[:len(file)-20]
	if _, err := readAll(cut, false); !errors.Is(err, recording.ErrTruncated) || !strings.Contains(err.Error(), "--partial") {
		t.Errorf("%v, want %v and what to do", err, recording.ErrTruncated)
	}
	got, err := readAll(cut, true)
	if err != nil || len(got.Targets) != 2 || !strings.Contains(got.Warning, "ends at byte") {
		t.Errorf("%d targets, warning %q, %v; want both, and that it is cut off", len(got.Targets), got.Warning, err)
	}
	if _, err := readAll(file[:30], true); !errors.Is(err, recording.ErrTruncated) {
		t.Errorf("nothing to report: %v, want %v", err, recording.ErrTruncated)
	}
}

func TestFullRecording(t *testing.T) {
	file, _ := recorded(t, 1400, twoTargets())
	got, err := readAll(file, false)
	if err != nil || !strings.Contains(got.Warning, "the recording was full") {
		t.Errorf("warning %q, %v; want that it was full", got.Warning, err)
	}
}

func TestBadFiles(t *testing.T) {
	tests := []struct{ name, content, says string }{
		{"empty", "", "not a recording"},
		{"text", "hello", "not a recording"},
		{"broken JSON", "{", "not a JSON report"},
		{"other JSON", `{"schema": "trivy/v2"}`, `schema "trivy/v2"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := File(path, Options{Partial: true})
			if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v, want one that names the file and says %q", err, test.says)
			}
		})
	}
}

// TestTargetOverhead judges a recording by another target than it was made with.
func TestTargetOverhead(t *testing.T) {
	var all []snapshot.Snapshot
	for _, s := range twoTargets() {
		s.Target = twoTargets()[0].Target
		for i := range 8 { // long enough for a finding of cost
			s.Start = s.Start.Add(time.Duration(i) * s.Elapsed)
			all = append(all, s)
		}
	}
	file, live := recorded(t, recording.Limit, all)
	ratio := func(target float64) string {
		got, err := read(bufio.NewReader(bytes.NewReader(file)), Options{TargetOverhead: target})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range got.Targets[0].Findings {
			if f.ID == "sampling-high" {
				return f.Advice[0].Env["OTEL_TRACES_SAMPLER_ARG"]
			}
		}
		return ""
	}
	if few, many := ratio(0.13), ratio(0.15); few == "" || few >= many {
		t.Errorf("ratio %q for 13 %%, %q for 15 %%; want more spans sampled for more of the CPU", few, many)
	}
	if _, err := read(bufio.NewReader(strings.NewReader(live)), Options{TargetOverhead: 0.1}); !errors.Is(err, ErrJudged) {
		t.Errorf("a JSON report: %v, want %v", err, ErrJudged)
	}
}
