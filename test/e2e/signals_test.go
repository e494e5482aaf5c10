package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/report"
)

// secret stands in an argument and in the headers of the target: it must not be
// found anywhere in what otwatch writes or sends.
const secret = "s3cr3t-0f-th3-t4rg3t"

// TestSignals watches a program with exporters of its own, of all three signals,
// and its own metrics about its SDK, whose name is in its code alone.
func TestSignals(t *testing.T) {
	const made = 1009
	otwatch, signals := build(t, "./cmd/otwatch"), buildHere(t, "./signals")
	c := newCollector(t)
	environ := []string{"OTEL_GO_X_OBSERVABILITY=true", "OTEL_EXPORTER_OTLP_HEADERS=authorization=" + secret, "OTEL_EXPORTER_OTLP_TRACES_HEADERS=a=" + secret}
	program := start(t, true, environ, signals, "-spans", strconv.Itoa(made), "-token", secret)
	if line := program.readLine(t); line != "ready" {
		t.Fatalf("the program says %q", line)
	}
	pid := program.cmd.Process.Pid
	file := filepath.Join(t.TempDir(), "recording")
	watcher := start(t, false, []string{"OTEL_METRIC_EXPORT_INTERVAL=200"}, otwatch, "attach", "--pid", strconv.Itoa(pid),
		"--endpoint", c.address, "--budget", "100%", "--interval", "200ms", "--record", file, "--output", "json")
	watcher.until(t, "it is attached", func() bool { return attached(watcher) })
	program.next(t)
	var counted struct {
		Batched, Beside, Other                       int64
		MetricExports, MetricFailures, MetricLargest uint64
		LogExports, LogRecords, LogLargest           uint64
	}
	if err := json.Unmarshal([]byte(program.readLine(t)), &counted); err != nil {
		t.Fatal(err)
	}
	watcher.wait(t)
	report := readReport(t, watcher)

	if report.Target.ServiceName != "orders" || !report.Target.SelfObserved {
		t.Errorf("the target is %+v", report.Target)
	}
	checkProcessors(t, report)
	if s := report.Spans; s.Ended == nil || s.Ended.Value != 2*made || s.Exported.Value != float64(counted.Batched+counted.Beside+counted.Other) {
		t.Errorf("ended %+v, exported %+v; want %d and what the exporters counted, %+v; missing %v", s.Ended, s.Exported, 2*made, counted, report.Missing)
	}
	for _, p := range report.Pipelines {
		switch p.Signal {
		case "metrics": // Shutdown's export is not a call of the reader's that has a probe; another may be under way at the line
			if distance(p.Operations, counted.MetricExports) > 1 || distance(p.Failed, counted.MetricFailures) > 1 || p.Failed == 0 || p.Batch.Max == nil || *p.Batch.Max != counted.MetricLargest || counted.MetricLargest == 0 {
				t.Errorf("metrics: %+v, the exporter counted %+v", p, counted)
			}
		case "logs":
			if p.Operations != counted.LogExports || *p.Batch.Max != counted.LogLargest {
				t.Errorf("logs: %+v, the exporter counted %+v", p, counted)
			}
		}
	}
	if len(report.Pipelines) != 2 {
		t.Errorf("pipelines %+v, want metrics and logs", report.Pipelines)
	}

	got := c.received(t)
	for key, want := range map[string]any{"service.name": "orders", "shard": int64(7), "process.pid": int64(pid), "telemetry.sdk.language": "go"} {
		if got.resource[key] != want {
			t.Errorf("the Resource has %s %v, want %v", key, got.resource[key], want)
		}
	}
	for name := range got.metrics {
		if strings.HasPrefix(name, "otel.sdk.") {
			t.Errorf("%s arrived, which the target sends itself", name)
		}
	}
	if n := strings.Count(watcher.stderr.String(), "otel.sdk.* itself"); n != 1 {
		t.Errorf("otwatch said %d times that it leaves out otel.sdk.*, want once", n)
	}
	checkSecret(t, file, watcher, got)
}

func distance(a, b uint64) uint64 { return max(a, b) - min(a, b) }

func checkProcessors(t *testing.T, report report.Report) {
	t.Helper()
	want := map[string]string{
		"batching_span_processor/0": "main.half/0", "simple_span_processor/0": "main.counter/0", "simple_span_processor/1": "main.counter/1",
	}
	for _, p := range report.Processors {
		if want[p.Name] != p.Exporter {
			t.Errorf("%s exports to %s, want %s", p.Name, p.Exporter, want[p.Name])
		}
		delete(want, p.Name)
		shutdown := p.Calls[len(p.Calls)-1]
		if flushed := p.Kind == "batch"; shutdown.Name != "Shutdown" || shutdown.Operations != 1 || flushed != (len(p.Calls) == 2) {
			t.Errorf("%s: calls %+v", p.Name, p.Calls)
		}
	}
	for name := range want {
		t.Errorf("%s is not listed", name)
	}
}

// inflated is all text of a recording.
func inflated(t *testing.T, raw []byte) string {
	t.Helper()
	reader, err := recording.NewReader(bytes.NewReader(raw), nil)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for {
		s, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return text.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "%+v\n", s)
	}
}

// checkSecret looks in the recording as it is read back, for it is compressed.
func checkSecret(t *testing.T, file string, watcher *process, got arrivals) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{
		"the report": watcher.stdout.String(), "the log": watcher.stderr.String(), "the recording": inflated(t, raw),
	} {
		if strings.Contains(text, secret) {
			t.Errorf("%s holds the target's secret", where)
		}
	}
	for key, value := range got.resource {
		if text, _ := value.(string); strings.Contains(text, secret) || strings.HasPrefix(key, "process.command") {
			t.Errorf("the Resource holds %s", key)
		}
	}
}
