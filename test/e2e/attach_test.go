package e2e

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/semconv/v1.43.0/otelconv"

	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/report"
)

const (
	service = "e2e-reference"
	spans   = 5003 // prime, so that no batch size divides it
	rate    = 500  // a second, so that the receiver goes and comes during the load
)

// TestAttach watches a program through the loss and return of the receiver
// that both send to, and compares what arrived with what the program's SDK
// counted itself and with the report.
func TestAttach(t *testing.T) {
	otwatch, reference := build(t, "./cmd/otwatch"), build(t, "./testdata/targets/reference")
	c := newCollector(t)
	target := start(t, true, []string{"OTEL_GO_X_OBSERVABILITY=true", "OTEL_SERVICE_NAME=" + service},
		reference, "-endpoint", c.address, "-spans", strconv.Itoa(spans), "-rate", strconv.Itoa(rate))
	if line := target.readLine(t); line != "ready" {
		t.Fatalf("the target says %q", line)
	}
	pid := target.cmd.Process.Pid
	// Without a limit to the budget every span is counted, and may be claimed.
	watcher := start(t, false, []string{"OTEL_METRIC_EXPORT_INTERVAL=500"},
		otwatch, "attach", "--pid", strconv.Itoa(pid), "--endpoint", c.address, "--interval", "500ms", "--budget", "100%", "--output", "json")
	watcher.until(t, "the first metrics have arrived", func() bool { return c.exportCount() > 0 })

	sdk := drive(t, target, watcher, c)
	watcher.wait(t)

	report := readReport(t, watcher)
	got := c.received(t)
	t.Logf("arrived:\n%s", got)
	if got.resource["service.name"] != service || got.resource["process.pid"] != int64(pid) {
		t.Errorf("the Resource is %v, want service.name %s and process.pid %d", got.resource, service, pid)
	}
	got.checkOrder(t)
	checkTable(t, got, report)
	checkTotals(t, got, sdk, report)
	checkReceived(t, c.spanCount(), got)
	checkLog(t, watcher.stderr.String())
}

// drive takes the target through its load, with the receiver away in the
// middle of it, to its end, and returns what its SDK counted.
func drive(t *testing.T, target, watcher *process, c *collector) map[string]int64 {
	t.Helper()
	target.next(t)
	exports := c.exportCount()
	watcher.until(t, "metrics arrive under load", func() bool { return c.exportCount() > exports+2 })
	c.stop(t)
	watcher.until(t, "otwatch misses its receiver", func() bool { return strings.Contains(watcher.stderr.String(), "OTLP export fails") })
	time.Sleep(time.Second) // so that the target fails a few exports too
	c.start(t)
	watcher.until(t, "otwatch finds it again", func() bool { return strings.Contains(watcher.stderr.String(), "OTLP export works again") })

	if line := target.readLine(t); line != "loaded" {
		t.Fatalf("the target says %q", line)
	}
	target.next(t)
	var sdk map[string]int64
	if err := json.Unmarshal([]byte(target.readLine(t)), &sdk); err != nil {
		t.Fatal(err)
	}
	target.next(t)
	target.wait(t)
	return sdk
}

// checkTable demands of every row that it arrived as it says, unless the
// report says why it did not, and that nothing arrived which has no row.
func checkTable(t *testing.T, got arrivals, report report.Report) {
	t.Helper()
	unclaimed := map[string]bool{
		otelconv.SDKSpanLive{}.Name(): report.Spans.Live == nil,
		"otwatch.tracing.cpu.time":    len(report.CPU.Stages) == 0,
		"otwatch.tracing.cpu.share":   report.CPU.Tracing.Share == nil,
		"otwatch.span.cost":           report.Spans.CostUS == nil,
		"otwatch.tracing.alloc.share": report.Alloc.TracingShare == nil,

		// Of a program without metrics and logs; TestSignals has them.
		otelconv.SDKExporterMetricDataPointExported{}.Name(): len(report.Pipelines) == 0,
		otelconv.SDKExporterLogExported{}.Name():             len(report.Pipelines) == 0,
		otelconv.SDKExporterMetricDataPointInflight{}.Name(): len(report.Pipelines) == 0,
		otelconv.SDKExporterLogInflight{}.Name():             len(report.Pipelines) == 0,
		otelconv.SDKMetricReaderCollectionDuration{}.Name():  len(report.Pipelines) == 0,
		otelconv.SDKProcessorLogProcessed{}.Name():           len(report.Pipelines) == 0,
		otelconv.SDKProcessorLogQueueSize{}.Name():           len(report.Pipelines) == 0,
		otelconv.SDKProcessorLogQueueCapacity{}.Name():       len(report.Pipelines) == 0,
		otelconv.SDKLogCreated{}.Name():                      len(report.Pipelines) == 0,

		"otwatch.tracing.stage.cpu.share":   len(report.CPU.Stages) == 0,
		"otwatch.opentelemetry.cpu.share":   report.CPU.OpenTelemetry.Share == nil,
		"otwatch.signal.stage.cpu.share":    len(report.CPU.MetricsStages)+len(report.CPU.LogsStages) == 0,
		"otwatch.scope.cpu.share":           !knowsScopes(report, func(s scope) bool { return s.Share != nil }),
		"otwatch.scope.span.count":          !knowsScopes(report, func(s scope) bool { return s.Spans != nil }),
		"otwatch.signal.cpu.share":          report.CPU.Tracing.Share == nil,
		"otwatch.instrumentation.cpu.share": report.CPU.Instrumentation == nil,
		"otwatch.span.sampled.share":        report.Spans.Sampled == nil,
		"otwatch.span.never_ended.share":    report.NeverEnded() == nil,
		"otwatch.site.never_ended.share":    !knowsSites(report),
		"otwatch.request.cost":              report.Request.CostUS == nil,
		"otwatch.request.blocked":           report.Request.BlockedUS == nil,
		"otwatch.export.encoded.size":       report.Export.Bytes == nil,
		"otwatch.export.sent.size":          report.Export.Compression == nil,
		"otwatch.export.compression.ratio":  report.Export.Compression == nil,
		"otwatch.process.alloc.rate":        report.Alloc.BytesPerSecond == nil,
		"otwatch.process.memory.growth":     report.Memory.GrowthBytesPerMinute == nil,
	}
	rows := map[string]bool{}
	for _, row := range export.Metrics() {
		rows[row.Name()] = true
		metric := got.metrics[row.Name()]
		switch {
		case metric == nil && unclaimed[row.Name()]:
		case metric == nil:
			t.Errorf("%s has not arrived", row.Name())
		case metric.unit != row.Unit() || metric.kind != row.Kind.String():
			t.Errorf("%s arrived as a %s in %s, want a %s in %s", row.Name(), metric.kind, metric.unit, row.Kind, row.Unit())
		default:
			checkAttributes(t, row, metric)
		}
	}
	for name := range got.metrics {
		if !rows[name] {
			t.Errorf("%s arrived and is not in the table", name)
		}
	}
}

type scope = report.Scope

// knowsScopes reports whether a figure of a scope is known.
func knowsScopes(r report.Report, known func(scope) bool) bool {
	return slices.ContainsFunc(r.Scopes, known)
}

// knowsSites reports whether the report has a line of which it knows how many spans are
// never ended.
func knowsSites(r report.Report) bool {
	return slices.ContainsFunc(r.Leaks, func(l report.Leak) bool { return l.NeverEnded != nil })
}

func checkAttributes(t *testing.T, row export.Metric, metric *arrivedMetric) {
	t.Helper()
	var known []string
	for _, key := range row.Attributes {
		known = append(known, string(key))
	}
	for _, s := range metric.series {
		for key := range s.attributes {
			if !slices.Contains(known, key) {
				t.Errorf("%s has the attribute %s, which its row does not name", row.Name(), key)
			}
		}
	}
}

// checkTotals compares the last totals with the SDK's and the report's.
func checkTotals(t *testing.T, got arrivals, sdk map[string]int64, report report.Report) {
	t.Helper()
	exported, processed := otelconv.SDKExporterSpanExported{}.Name(), otelconv.SDKProcessorSpanProcessed{}.Name()
	duration := otelconv.SDKExporterOperationDuration{}.Name()
	for _, name := range []string{exported, processed} {
		for failed, oracle := range map[bool]int64{false: sdk[name], true: sdk[name+"/error"]} {
			if total := got.total(name, failed); total != float64(oracle) {
				t.Errorf("%s, with error.type %t: %v arrived, the SDK counted %d", name, failed, total, oracle)
			}
		}
	}
	if sdk[exported+"/error"] == 0 {
		t.Error("the target failed no export while the receiver was away: the test has not tested that")
	}
	if total := got.total(otelconv.SDKSpanStarted{}.Name(), false); total != spans {
		t.Errorf("%v spans started, want %d; the report says %+v", total, spans, report.Spans.Started)
	}
	if report.Spans.Exported == nil || report.Spans.Failed == nil || report.Spans.Dropped == nil {
		t.Fatalf("the report claims too little: %+v, missing %v", report.Spans, report.Missing)
	}
	for what, pair := range map[string][2]float64{
		"spans exported": {report.Spans.Exported.Value, got.total(exported, false)},
		"spans failed":   {report.Spans.Failed.Value, got.total(exported, true)},
		"spans dropped":  {report.Spans.Dropped.Value, got.total(processed, true)},
		"operations":     {float64(report.Export.Operations), got.total(duration, false) + got.total(duration, true)},
		"failed ones":    {float64(report.Export.Failed), got.total(duration, true)},
		"probe hits":     {float64(report.Probe.Hits), got.total("otwatch.probe.hits", false)},
		"spans inflight": {0, got.total(otelconv.SDKExporterSpanInflight{}.Name(), false)},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: the report says %v, the last metrics %v", what, pair[0], pair[1])
		}
	}
}

// checkReceived compares with the spans that the receiver took. It may have
// taken a batch and gone away before it could say so.
func checkReceived(t *testing.T, received int, got arrivals) {
	t.Helper()
	name := otelconv.SDKExporterSpanExported{}.Name()
	least, most := got.total(name, false), got.total(name, false)+got.total(name, true)
	if float64(received) < least || float64(received) > most {
		t.Errorf("the receiver took %d spans, the metrics say %v to %v", received, least, most)
	}
}

// checkLog demands one warning and one all-clear for the one outage.
func checkLog(t *testing.T, log string) {
	t.Helper()
	for _, line := range []string{"OTLP export fails", "OTLP export works again"} {
		if n := strings.Count(log, line); n != 1 {
			t.Errorf("the log says %q %d times, want one", line, n)
		}
	}
}
