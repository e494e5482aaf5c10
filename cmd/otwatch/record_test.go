package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestReportIsLive replays a recording of a real process to the bytes of its live
// report.
func TestReportIsLive(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "1000", "-spans", "2003", "-exit-at-once")
	file := filepath.Join(t.TempDir(), "seen.rec")
	c := attached(t, "--pid", program.PIDString(), "--output", "json", "--interval", "250ms", "--record", file,
		"--limit", "cpu=0.001%", "--limit", "rss=1kB")
	program.Begin()
	program.Totals()
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	r := start(t, "report", "--output", "json", file)
	if code := r.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, r.stderr)
	}
	if diff := cmp.Diff(c.stdout.String(), r.stdout.String()); diff != "" {
		t.Errorf("the report of the recording is not the live one (-live +report):\n%s", diff)
	}
	if len(decodeReport(t, r.stdout.String()).Processors) == 0 {
		t.Error("nothing was seen: this test could not fail")
	}
}

// TestRecordingSurvives keeps an existing recording if attach fails.
func TestRecordingSurvives(t *testing.T) {
	testtarget.NeedRoot(t)
	file := filepath.Join(t.TempDir(), "before.rec")
	if err := os.WriteFile(file, []byte("what was seen before"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := start(t, "attach", "--pid", "1073741824", "--record", file, "--force")
	if code := c.wait(); code != exitTarget {
		t.Errorf("exit code %d, want %d: %s", code, exitTarget, c.stderr)
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != "what was seen before" {
		t.Errorf("the file holds %q: %v", content, err)
	}
}

// TestKilledWhileRecording expects a recording of all complete intervals.
func TestKilledWhileRecording(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	file := filepath.Join(t.TempDir(), "seen.rec")
	c := attached(t, "--pid", program.PIDString(), "--output", "none", "--interval", "100ms", "--record", file)
	for deadline := time.Now().Add(30 * time.Second); size(t, file) < 2000; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the recording has %d bytes", size(t, file))
		}
	}
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.wait()
	whole := start(t, "report", file)
	if code := whole.wait(); code != exitFailure || !strings.Contains(whole.stderr.String(), "recording cut off") {
		t.Errorf("exit code %d, %q; want that it is cut off", code, whole.stderr)
	}
	partial := start(t, "report", "--partial", file)
	if code := partial.wait(); code != exitDone || !strings.Contains(partial.stdout.String(), "pid "+program.PIDString()) {
		t.Errorf("exit code %d: %s%s", code, partial.stdout, partial.stderr)
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// recorded writes a recording of one second of a process.
func recorded(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seen.rec")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := recording.NewWriter(file, recording.Header{Version: "v1", CPUs: 2}, recording.Limit)
	if err != nil {
		t.Fatal(err)
	}
	s := snapshot.Snapshot{Target: snapshot.Target{PID: 4711, Exe: "/bin/checkout"}, Start: time.Unix(1795521600, 0).UTC(), Elapsed: time.Second}
	if err := w.Write(s, report.Limits{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// warnedReport is a JSON report of a warning.
func warnedReport(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	report := `{"schema": "otwatch.report/v1", "target": {"exe": "/bin/checkout"}, "findings": [{"id": "span-drop", "severity": "warning", "category": "Queue", "title": "2 % of spans are dropped"}]}`
	if err := os.WriteFile(path, []byte(report), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// spans is a JSON report with some exports and dropped spans.
func spans(t *testing.T, exports, dropped int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	exactly := func(n int) string {
		return fmt.Sprintf(`{"value": %d, "low": %d, "high": %d, "n": %d, "exact": true}`, n, n, n, n)
	}
	report := fmt.Sprintf(`{"schema": "otwatch.report/v1", "target": {"exe": "/bin/checkout", "pid": 7, "service_name": "checkout"}, "export": {"operations": %d},
		"spans": {"ended": %s, "dropped": %s, "failed": %s, "lost_at_exit": %s}}`, exports, exactly(1000), exactly(dropped), exactly(0), exactly(0))
	if err := os.WriteFile(path, []byte(report), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFiles(t *testing.T) {
	whole, warned, missing := recorded(t), warnedReport(t), filepath.Join(t.TempDir(), "missing.rec")
	lost, exports := spans(t, 0, 52), spans(t, 9, 0)
	tests := []struct {
		name string
		args []string
		code int
		says string // part of stderr
	}{
		{"report", []string{"report", whole}, exitDone, ""},
		{"no finding", []string{"report", "--fail-on", "info", whole}, exitDone, ""},
		{"finding", []string{"report", "--fail-on", "warning", warned}, exitFinding, "span-drop (warning)"},
		{"milder finding", []string{"report", "--fail-on", "critical", warned}, exitDone, ""},
		{"checklist", []string{"report", "--checklist", whole}, exitDone, ""},
		{"checklist as JSON", []string{"report", "--checklist", "--output", "json", warned}, exitDone, ""},
		{"target overhead", []string{"report", "--target-overhead", "3%", whole}, exitDone, ""},
		{"target overhead of nothing", []string{"report", "--target-overhead", "0%", whole}, exitUsage, `--target-overhead "0%"`},
		{"target overhead of a JSON report", []string{"report", "--target-overhead", "3%", warned}, exitUsage, "use a recording"},
		{"target overhead above the limit", []string{"attach", "--pid", "1", "--limit", "cpu=2%", "--target-overhead", "3%"}, exitUsage, "--target-overhead 3%: is above the limit cpu=2%"},
		{"page", []string{"report", "--output", "html", whole}, exitDone, ""},
		{"page of a JSON report", []string{"report", "--output", "html", warned}, exitDone, ""},
		{"profile", []string{"report", "--output", "pprof", whole}, exitDone, ""},
		{"profile of a JSON report", []string{"report", "--output", "pprof", warned}, exitUsage, "use a recording"},
		{"folded stacks", []string{"report", "--output", "folded", whole}, exitDone, ""},
		{"folded stacks of a JSON report", []string{"report", "--output", "folded", warned}, exitUsage, "--output folded: a JSON report"},
		{"checklist as a page", []string{"report", "--checklist", "--output", "html", whole}, exitUsage, "--output html without --checklist"},
		{"compare as a page", []string{"compare", "--output", "html", whole, warned}, exitUsage, `--output "html"`},
		{"compare", []string{"compare", whole, warned}, exitDone, ""},
		{"compare as JSON", []string{"compare", "--output", "json", whole, warned}, exitDone, ""},
		{"compare as Markdown", []string{"compare", "--output", "markdown", whole, warned}, exitDone, ""},
		{"a gate that holds", []string{"compare", "--fail-on", "increase=cpu.tracing.share:1pt", whole, warned}, exitDone, ""},
		{"a gate that fails", []string{"compare", "--fail-on", "increase=spans.dropped_share:1pt,lost", warned, lost}, exitFinding, "--fail-on lost: 52 spans were dropped"},
		{"no such gate", []string{"compare", "--fail-on", "more=x", whole, warned}, exitUsage, `--fail-on "more=x": must be lost`},
		{"not as expected", []string{"report", "--expect", "exporting", lost}, exitFinding, "--expect exporting: checkout, pid 7: Do exports return? fail (none of 0 exports succeeded)"},
		{"as expected", []string{"report", "--expect", "exporting", exports}, exitDone, ""},
		{"expected for certain", []string{"report", "--expect", "exporting", whole}, exitFinding, "unknown"},
		{"no such state", []string{"report", "--expect", "x", whole}, exitUsage, `--expect "x": must be exporting`},
		{"compare with nothing", []string{"compare", whole}, exitUsage, "number of files: got 1, want 2"},
		{"compare with no such file", []string{"compare", whole, missing}, exitFailure, missing},
		{"no such severity", []string{"report", "--fail-on", "bad", warned}, exitUsage, `--fail-on "bad"`},
		{"no such severity to attach", []string{"attach", "--pid", "1", "--fail-on", "bad"}, exitUsage, `--fail-on "bad"`},
		{"no file", []string{"report"}, exitUsage, "number of files: got 0, want 1"},
		{"no such file", []string{"report", missing}, exitFailure, missing},
		{"option behind", []string{"report", whole, "--partial"}, exitUsage, "options must come first"},
		{"no such output", []string{"report", "--output", "xml", whole}, exitUsage, `--output "xml"`},
		{"no recording", []string{"report", "/proc/self/exe"}, exitFailure, "not a recording"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := start(t, test.args...)
			if code := c.wait(); code != test.code || !strings.Contains(c.stderr.String(), test.says) {
				t.Errorf("exit code %d, want %d; stderr is %q, want %q in it", code, test.code, c.stderr, test.says)
			}
		})
	}
}
