package findings

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// change gives a healthy interval a fault.
type change func(*snapshot.Snapshot)

// second is a healthy interval, the nth second of a busy target: 1,000 spans in
// four exports.
func second(n int, changes ...change) snapshot.Snapshot {
	p := testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, snapshot.Reading{Queue: 100}, snapshot.Reading{Queue: 100}, 1000)
	e := snapshot.Exporter{Address: testsnapshot.ExporterA, Component: "otlp_grpc_span_exporter", Operations: 4, Exported: 1000, Spans: 1000, MaxBatch: 250}
	s := snapshot.Snapshot{
		Target: snapshot.Target{PID: 4711}, Start: testsnapshot.Begin.Add(time.Duration(n) * time.Second), Elapsed: time.Second,
		Counts:     []snapshot.Count{{Probe: "retry", Whole: true}},
		Exports:    []snapshot.Exporter{e},
		Processors: []snapshot.Processor{p},
		Process:    snapshot.Process{CPU: time.Second, RSS: 100e6},
		Scheduling: snapshot.Scheduling{Threads: snapshot.Threads{Ran: time.Second, Waited: 10 * time.Millisecond}},
		Building:   snapshot.Building{Observed: time.Duration(n+1) * time.Second, Whole: true},
		Samples:    snapshot.Samples{Hz: 997, Stacks: []snapshot.Stack{testsnapshot.Stack(10, start, app), testsnapshot.Stack(990, app)}},
	}
	took(20*time.Millisecond, 20*time.Millisecond, 20*time.Millisecond, 20*time.Millisecond)(&s)
	for _, c := range changes {
		c(&s)
	}
	return s
}

func took(durations ...time.Duration) change {
	return func(s *snapshot.Snapshot) {
		e := &s.Exports[0]
		e.Operations, e.Latest, e.Durations = uint64(len(durations)), nil, snapshot.Histogram{}
		for _, d := range durations {
			e.Latest = append(e.Latest, snapshot.Operation{Duration: d, Spans: 500})
			e.Durations.Add(d)
		}
		e.MaxBatch = (e.Spans + e.Operations - 1) / max(1, e.Operations)
	}
}

func drops(n uint32) change {
	return func(s *snapshot.Snapshot) { s.Processors[0].After.Dropped = n }
}

func queued(n uint64) change {
	return func(s *snapshot.Snapshot) {
		p := &s.Processors[0]
		p.Before.Queue, p.After.Queue, p.Peak = n, n, n
	}
}

// sampling spreads the application's samples over three call sites.
func sampling(stacks ...snapshot.Stack) change {
	var spread []snapshot.Stack
	for _, whole := range stacks {
		last := len(whole.Frames) - 1
		if whole.Frames[last].Function != app {
			spread = append(spread, whole)
			continue
		}
		for i := range uint64(3) {
			frames := append(slices.Clone(whole.Frames[:last]), &snapshot.Frame{Function: fmt.Sprint(app, i), File: "main.go", Line: 10})
			spread = append(spread, snapshot.NewStack((whole.Count+i)/3, frames...))
		}
	}
	return func(s *snapshot.Snapshot) { s.Samples.Stacks = spread }
}

func judged(limits report.Limits, intervals ...snapshot.Snapshot) report.Report {
	j := watch(limits)
	for _, s := range intervals {
		j.Add(s)
	}
	return j.Complete(analyzer.Analyze(testsnapshot.Merged(intervals)))
}

// wantFinding fails the test unless a report has the finding with a severity, and a title that
// begins like this; or has none, if the severity is "".
func wantFinding(t *testing.T, r report.Report, id, severity, title string) {
	t.Helper()
	i := slices.IndexFunc(r.Findings, func(f report.Finding) bool { return f.ID == id })
	switch {
	case severity == "" && i >= 0:
		t.Errorf("%+v", r.Findings[i])
	case severity == "":
	case i < 0:
		t.Error("no finding")
	case r.Findings[i].Severity != severity || !strings.HasPrefix(r.Findings[i].Title, title):
		t.Errorf("%s %q, want %s %q", r.Findings[i].Severity, r.Findings[i].Title, severity, title)
	}
}

// steadily is the same interval ten times.
func steadily(changes ...change) []snapshot.Snapshot {
	var all []snapshot.Snapshot
	for n := range 10 {
		all = append(all, second(n, changes...))
	}
	return all
}

// active lists the findings that hold as "severity id".
func active(r report.Report) []string {
	list := []string{}
	for _, f := range r.Findings {
		if f.Holds() {
			list = append(list, f.Severity+" "+f.ID)
		}
	}
	return list
}

const (
	app           = "main.handle"
	sdk           = "go.opentelemetry.io/otel/sdk/trace"
	start         = sdk + ".(*tracer).Start"
	setAttributes = "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).SetAttributes"
	exportSpans   = "go.opentelemetry.io/otel/exporters/otlp/otlptrace.(*Exporter).ExportSpans"
	processQueue  = "go.opentelemetry.io/otel/sdk/trace.(*batchSpanProcessor).processQueue"
	endSpan       = "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End"
	metricReader  = "go.opentelemetry.io/otel/sdk/metric.(*PeriodicReader).collectAndExport"
	newComposite  = "go.opentelemetry.io/otel/propagation.NewCompositeTextMapPropagator"
)

// TestRules tests the boundaries of each rule: the value at a threshold, which raises nothing,
// and the next one beyond it.
func TestRules(t *testing.T) {
	noProcessor := func(s *snapshot.Snapshot) { s.Processors = nil }
	alone := func(n int, d time.Duration) change {
		return func(s *snapshot.Snapshot) {
			took(slices.Repeat([]time.Duration{d}, n)...)(s)
			s.Exports[0].Spans, s.Exports[0].Exported, s.Exports[0].MaxBatch = uint64(n), uint64(n), 1
			s.Exports[0].Sync = uint64(n)
		}
	}
	exports := func(operations, spans uint64) change {
		return func(s *snapshot.Snapshot) {
			e := &s.Exports[0]
			e.Operations, e.Spans, e.Exported, e.MaxBatch = operations, spans, spans, spans/max(1, operations)
		}
	}
	failing := func(errors, spans uint64) change {
		return func(s *snapshot.Snapshot) {
			s.Exports[0].Errors, s.Exports[0].Failed, s.Exports[0].Exported = errors, spans, 1000-spans
		}
	}
	sized := func(bytes, sent uint64) change {
		return func(s *snapshot.Snapshot) {
			e := &s.Exports[0]
			e.Component, e.Sized, e.Bytes, e.Weighed, e.Sent = "otlp_http_span_exporter", e.Operations, bytes, e.Operations, sent
		}
	}
	retries := func(n uint64) change { return func(s *snapshot.Snapshot) { s.Counts[0].Calls = n } }
	texts := func(bytes uint64) change {
		return func(s *snapshot.Snapshot) {
			for range 20 {
				s.Texts.Add(bytes, min(bytes, snapshot.TextLimit))
			}
		}
	}
	stalled := func(s *snapshot.Snapshot) {
		took()(s)
		s.Exports[0].Inflight, s.Exports[0].Waiting = 512, 5*time.Second
	}
	longDelay := func(s *snapshot.Snapshot) { s.Processors[0].Settings.BatchTimeout = 5 * time.Second }
	flushed := func(s *snapshot.Snapshot) { s.Processors[0].Flushes.Count = 3 }
	shortDelay := func(s *snapshot.Snapshot) { s.Processors[0].Settings.BatchTimeout = 19 * time.Millisecond }
	exporting := func(spans uint64, stacks ...snapshot.Stack) change {
		return func(s *snapshot.Snapshot) {
			s.Exports[0].Spans = spans
			sampling(append(stacks, testsnapshot.Stack(10_000, app))...)(s)
		}
	}
	tests := []struct {
		name    string
		changes []change
		want    []string
	}{
		{"healthy", nil, nil},
		{"idle", []change{took(), exports(0, 0)}, nil},
		{"1 % dropped", []change{drops(10), func(s *snapshot.Snapshot) { s.Processors[0].Exported = 990 }}, nil},
		{"over 1 % dropped", []change{drops(11), func(s *snapshot.Snapshot) { s.Processors[0].Exported = 989 }}, []string{"warning span-drop"}},
		{"10 % dropped", []change{drops(100), func(s *snapshot.Snapshot) { s.Processors[0].Exported = 900 }}, []string{"critical span-drop"}},
		{"queue at 80 %", []change{queued(1638)}, nil},
		{"queue over 80 %", []change{queued(1639)}, []string{"warning queue-backlog"}},
		{"queue full", []change{queued(2048)}, []string{"critical queue-backlog"}},
		{"p99 at 1 s", []change{took(time.Second, 20*time.Millisecond)}, nil},
		{"p99 over 1 s", []change{took(1001*time.Millisecond, 20*time.Millisecond)}, []string{"warning export-slow"}},
		{"all over 1 s", []change{took(1001*time.Millisecond, 1001*time.Millisecond)}, []string{"critical export-slow"}},
		{"one ran into the timeout", []change{took(30*time.Second, 20*time.Millisecond)}, []string{"critical export-slow"}},
		{"near a short timeout", []change{took(170*time.Millisecond, 20*time.Millisecond),
			func(s *snapshot.Snapshot) { s.Processors[0].Settings.ExportTimeout = 200 * time.Millisecond }}, []string{"warning export-slow"}},
		{"none returns", []change{stalled}, []string{"critical export-slow"}},
		{"one of ten failed", []change{exports(10, 1000), failing(1, 100)}, []string{"warning export-errors"}},
		{"half failed", []change{failing(2, 500)}, []string{"critical export-errors"}},
		{"spans rejected", []change{failing(0, 1)}, []string{"warning export-errors"}},
		{"an attempt an export", []change{retries(4)}, []string{"info export-errors"}},
		{"a storm of attempts", []change{retries(5)}, []string{"warning export-errors"}},
		{"single spans of a batch processor", []change{alone(3, time.Millisecond)}, nil},
		{"single spans of batch processors that are not listed", []change{noProcessor, alone(3, time.Millisecond), func(s *snapshot.Snapshot) { s.Exports[0].Sync = 0 }}, nil},
		{"single spans into memory", []change{noProcessor, alone(3, 6*time.Microsecond)}, nil},
		{"single spans just below the floor", []change{noProcessor, alone(3, 99*time.Microsecond)}, nil},
		{"single spans at the floor", []change{noProcessor, alone(3, 100*time.Microsecond)}, []string{"warning sync-export"}},
		{"single spans that take the CPU", []change{noProcessor, alone(3, 6*time.Microsecond), sampling(
			testsnapshot.Stack(10, "os.(*File).Write", exportSpans, sdk+".(*simpleSpanProcessor).OnEnd", endSpan, app), testsnapshot.Stack(490, app))}, []string{"warning sync-export"}},
		{"single spans in the request path", []change{noProcessor, alone(3, time.Millisecond)}, []string{"warning sync-export"}},
		{"and it waits 10 ms", []change{noProcessor, alone(3, 10*time.Millisecond)}, []string{"critical sync-export"}},
		{"and the budget did not hold for all of it", []change{noProcessor, alone(3, 10*time.Millisecond), func(s *snapshot.Snapshot) {
			s.Exports[0].Inflight, s.Missing = 1, []snapshot.Missing{{What: "export", Why: "over budget"}}
		}}, []string{"critical sync-export"}},
		{"a batching exporter of its own", []change{noProcessor}, nil},
		{"tiny batches", []change{exports(6, 54), shortDelay}, []string{"info batch-config"}},
		{"tiny batches with the delay that would be advised", []change{exports(6, 54), longDelay}, nil},
		{"tiny batches by flushes", []change{exports(6, 54), longDelay, flushed}, []string{"info batch-config"}},
		{"few tiny batches", []change{exports(5, 45), shortDelay}, nil},
		{"batches of ten", []change{exports(6, 60), shortDelay}, nil},
		{"full batches, half a queue", []change{exports(2, 1024), queued(1024)}, []string{"info batch-config"}},
		{"full batches, a short queue", []change{exports(2, 1024), queued(1000)}, nil},
		{"exports longer than the delay, half a queue", []change{shortDelay, queued(1024)}, []string{"info batch-config"}},
		{"exports longer than the delay, a short queue", []change{shortDelay, queued(1000)}, nil},
		{"uncompressed", []change{exporting(1000, testsnapshot.Stack(100, "syscall.write", exportSpans))}, []string{"info uncompressed"}},
		{"compressed", []change{exporting(1000, testsnapshot.Stack(100, "syscall.write", exportSpans), testsnapshot.Stack(1, "compress/flate.(*compressor).deflate", exportSpans))}, nil},
		{"uncompressed, over HTTP", []change{sized(200_000, 200_000)}, []string{"info uncompressed"}},
		{"compressed, over HTTP", []change{sized(200_000, 40_000), exporting(1000, testsnapshot.Stack(100, "syscall.write", exportSpans))}, nil},
		{"uncompressed, in few samples", []change{exporting(1000, testsnapshot.Stack(9, "syscall.write", exportSpans))}, nil},
		{"uncompressed, but little", []change{exporting(999, testsnapshot.Stack(100, "syscall.write", exportSpans))}, nil},
		{"tracing at 6 %: not certainly over 5 %", []change{sampling(testsnapshot.Stack(20, start, app), testsnapshot.Stack(20, setAttributes, app), testsnapshot.Stack(20, processQueue), testsnapshot.Stack(940, app))}, nil},
		{"tracing at 9 %", []change{sampling(testsnapshot.Stack(30, start, app), testsnapshot.Stack(30, setAttributes, app), testsnapshot.Stack(20, processQueue), testsnapshot.Stack(10, endSpan, app), testsnapshot.Stack(910, app))}, []string{"warning sampling-high"}},
		{"tracing at 30 %", []change{sampling(testsnapshot.Stack(110, start, app), testsnapshot.Stack(110, setAttributes, app), testsnapshot.Stack(20, processQueue), testsnapshot.Stack(60, endSpan, app), testsnapshot.Stack(700, app))}, []string{"critical sampling-high"}},
		{"one stage", []change{sampling(testsnapshot.Stack(45, start, app), testsnapshot.Stack(955, app))}, []string{"info hot-path"}},
		{"one call site", []change{sampling(testsnapshot.Stack(30, start, "main.list"), testsnapshot.Stack(30, endSpan, "main.list"), testsnapshot.Stack(940, app))}, []string{"info hot-path"}},
		{"attributes", []change{sampling(testsnapshot.Stack(45, setAttributes, app), testsnapshot.Stack(955, app))}, []string{"info attribute-cost"}},
		{"attributes over the limit", []change{sampling(testsnapshot.Stack(90, setAttributes, app), testsnapshot.Stack(910, app))},
			[]string{"warning sampling-high", "warning attribute-cost"}},
		{"propagators per request", []change{sampling(testsnapshot.Stack(8, newComposite, app), testsnapshot.Stack(992, app))}, []string{"warning propagator-churn"}},
		{"the goroutine of a processor built once", []change{sampling(testsnapshot.Stack(9, sdk+".(*batchSpanProcessor).processQueue", sdk+".NewBatchSpanProcessor.func1", "runtime.goexit"), testsnapshot.Stack(991, app))}, nil},
		{"a constructor now and then", []change{sampling(testsnapshot.Stack(2, newComposite, app), testsnapshot.Stack(998, app))}, nil},
		{"4 kB of text a span", []change{texts(4096)}, nil},
		{"more text a span", []change{texts(4097)}, []string{"warning high-cardinality"}},
		{"metrics at 6 %: not certainly over 5 %", []change{sampling(testsnapshot.Stack(4, "main.count", metricReader), testsnapshot.Stack(66, app))}, nil},
		{"metrics at 8 %", []change{sampling(testsnapshot.Stack(80, "main.count", metricReader), testsnapshot.Stack(920, app))}, []string{"warning metrics-cost"}},
		{"metrics at 8 % of next to nothing", []change{sampling(testsnapshot.Stack(80, "main.count", metricReader), testsnapshot.Stack(920, app)), func(s *snapshot.Snapshot) { s.Process.CPU = time.Second / 10 }}, nil},
		{"drops from a full queue behind slow exports", []change{drops(200), queued(2048), took(2*time.Second, 2*time.Second)},
			[]string{"info batch-config", "critical queue-backlog", "critical span-drop", "critical export-slow"}},
		{"failing, dropping and costly", []change{failing(4, 1000), drops(50), sampling(testsnapshot.Stack(50, start, app), testsnapshot.Stack(20, processQueue), testsnapshot.Stack(20, endSpan, app), testsnapshot.Stack(910, app))},
			[]string{"critical export-errors", "warning span-drop", "warning sampling-high", "info hot-path"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := judged(report.Limits{}, steadily(test.changes...)...)
			if got := active(r); !slices.Equal(got, test.want) {
				t.Errorf("findings %q, want %q", got, test.want)
			}
			for _, f := range r.Findings {
				if f.Title == "" || len(f.Evidence) == 0 || (len(f.Advice) == 0) == (f.Because == "") || f.Category == "" {
					t.Errorf("%s says too little: %+v", f.ID, f)
				}
			}
		})
	}
}

// TestHighCardinality reads spans of many names in a window of each second.
func TestHighCardinality(t *testing.T) {
	// read adds one span of each of n names, and more of the name that all share.
	read := func(second, n, more int) change {
		return func(s *snapshot.Snapshot) {
			for i := range n {
				s.Names.Add(snapshot.Name{Name: fmt.Sprint("GET /", second, i), Read: 1, Spans: 1})
			}
			s.Names.Add(snapshot.Name{Name: "GET /{id}", Read: uint64(more), Spans: uint64(more)})
			s.Names.Squares += uint64(n + more)
		}
	}
	tests := []struct {
		name             string
		seconds, n, more int
		want             []string
	}{
		{"too few spans", 9, 100, 10, nil},
		{"ids in names", 10, 100, 10, []string{"warning high-cardinality"}},
		{"few names", 15, 0, 100, nil},
		{"half have one name", 15, 50, 50, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var all []snapshot.Snapshot
			for n := range test.seconds + raiseAfter - 1 {
				if n < test.seconds {
					all = append(all, second(n, read(n, test.n, test.more)))
				} else {
					all = append(all, second(n))
				}
			}
			if got := active(judged(report.Limits{}, all...)); !slices.Equal(got, test.want) && len(got)+len(test.want) > 0 {
				t.Errorf("findings %q, want %q", got, test.want)
			}
		})
	}
}

func TestGrowingQueue(t *testing.T) {
	var rising, bursty []snapshot.Snapshot
	for n := range 30 {
		rising = append(rising, second(n, queued(uint64(600+20*n))))
		bursty = append(bursty, second(n, queued(uint64(n%3*900))))
	}
	if got := active(judged(report.Limits{}, rising...)); !slices.Equal(got, []string{"warning queue-backlog"}) {
		t.Errorf("a rising queue: %q", got)
	}
	if got := active(judged(report.Limits{}, bursty...)); len(got) != 0 {
		t.Errorf("a bursty one: %q", got)
	}
}

// TestRaiseAndClear follows every finding through the intervals around its cause,
// but for span-leak, span-drop, flush-per-request, log-drop, known-issue and metrics-cost, which remember
// minutes, and lost-at-exit and ignored-settings, which do not clear: they have tests of their own.
func TestRaiseAndClear(t *testing.T) {
	ids := func(s *snapshot.Snapshot) {
		for i := range 1000 {
			s.Names.Add(snapshot.Name{Name: fmt.Sprint("GET /", i), Read: 1, Spans: 1})
		}
		s.Names.Squares = 1000
	}
	causes := map[string]change{
		"sync-export": func(s *snapshot.Snapshot) {
			s.Processors, s.Exports[0].MaxBatch, s.Exports[0].Sync = nil, 1, s.Exports[0].Operations
		},
		"batch-config": func(s *snapshot.Snapshot) {
			took(slices.Repeat([]time.Duration{time.Millisecond}, 100)...)(s)
			s.Exports[0].Spans, s.Exports[0].Exported, s.Processors[0].Settings.BatchTimeout = 500, 500, 10*time.Millisecond
		},
		"queue-backlog": queued(2000), "export-slow": took(2 * time.Second),
		"export-errors":    func(s *snapshot.Snapshot) { s.Exports[0].Errors = 1 },
		"uncompressed":     sampling(testsnapshot.Stack(30, "syscall.write", exportSpans), testsnapshot.Stack(10_000, app)),
		"sampling-high":    sampling(testsnapshot.Stack(200, start, app), testsnapshot.Stack(800, app)),
		"hot-path":         sampling(testsnapshot.Stack(200, start, app), testsnapshot.Stack(800, app)),
		"propagator-churn": sampling(testsnapshot.Stack(20, newComposite, app), testsnapshot.Stack(980, app)),
		"attribute-cost":   sampling(testsnapshot.Stack(100, setAttributes, app), testsnapshot.Stack(900, app)),
		"high-cardinality": ids,
		"span-flood":       func(s *snapshot.Snapshot) { s.Names = fanOut(10_000, 50) },
		"trace-structure":  func(s *snapshot.Snapshot) { s.LongTrace = snapshot.LongTrace{Lasted: time.Hour, Spans: 500, All: 1000} },
		"memory-growth":    func(s *snapshot.Snapshot) { s.Process.RSS = 200e6 },
		"not-exported":     silent(map[string]uint64{"end": 100}),
		"cpu-starved":      throttling(9),
		"foreign-probes":   func(s *snapshot.Snapshot) { s.Foreign = snapshot.Foreign{Looked: true, Places: 3} },
		"spans-retained": func(s *snapshot.Snapshot) {
			s.Kept = snapshot.Kept{Looked: true, Age: time.Minute, Lists: []snapshot.KeptList{{
				KeptReading: snapshot.KeptReading{Where: "main.recorder.spans", Exported: true, Entries: 3000}, Rising: time.Minute,
			}}}
		},
		"scope-churn": func(s *snapshot.Snapshot) { s.Building.Sites = []snapshot.BuildSite{tracersAt(6000)} },
		"components-leak": func(s *snapshot.Snapshot) {
			s.Building.Sites = []snapshot.BuildSite{{Kind: "batch span processor", Built: 400, Later: 200, First: time.Minute, Growing: time.Minute}}
		},
	}
	ends := map[string]change{
		"span-flood":      func(s *snapshot.Snapshot) { s.Names = fanOut(10_000, 1000) },
		"trace-structure": func(s *snapshot.Snapshot) { s.Names = fanOut(10_000, 1000) },
		"uncompressed":    func(s *snapshot.Snapshot) { s.Exports[0].Spans = 500 },
		"foreign-probes":  func(s *snapshot.Snapshot) { s.Foreign = snapshot.Foreign{Looked: true} },
		"spans-retained":  func(s *snapshot.Snapshot) { s.Kept = snapshot.Kept{Looked: true} },
		"high-cardinality": func(s *snapshot.Snapshot) {
			s.Names = snapshot.Names{List: []snapshot.Name{{Name: "GET /{id}", Read: 1000, Spans: 1000}}, Squares: 1000}
		},
	}
	for _, d := range rules {
		if slices.Contains([]string{"span-leak", "span-drop", "flush-per-request", "log-drop", "known-issue", "metrics-cost", "lost-at-exit", "ignored-settings"}, d.id) {
			continue
		}
		t.Run(d.id, func(t *testing.T) {
			cause, end := causes[d.id], ends[d.id]
			if cause == nil {
				t.Fatal("no cause is known here: add it")
			}
			if end == nil {
				end = func(*snapshot.Snapshot) {}
			}
			j, n := watch(report.Limits{RSS: 150e6}), 0
			raised := func() bool {
				return slices.ContainsFunc(j.Complete(report.Report{}).Findings, func(f report.Finding) bool { return f.ID == d.id && f.Holds() })
			}
			next := func(changes ...change) { j.Add(second(n, changes...)); n++ }
			next(end)
			next(cause)
			for range history.MinIntervals {
				next(end)
				if raised() {
					t.Fatalf("interval %d: raised by one bad interval", n)
				}
			}
			for i := range raiseAfter {
				if raised() {
					t.Fatalf("raised after %d intervals", i)
				}
				next(cause)
			}
			for range history.MinIntervals { // the queue needs one bad reading more than the window, a compressor a hundred samples
				next(cause)
			}
			if !raised() {
				t.Fatal("not raised while its cause lasts")
			}
			for range history.MinIntervals {
				next(end)
			}
			if raised() {
				t.Error("not cleared three intervals after its cause ended")
			}
		})
	}
}

// TestStaysWithoutEvidence keeps a finding while there is nothing to judge by.
func TestStaysWithoutEvidence(t *testing.T) {
	intervals := steadily(took(2*time.Second, 2*time.Second))
	for n := range 10 {
		s := second(10 + n)
		took()(&s)
		intervals = append(intervals, s)
	}
	if got := active(judged(report.Limits{}, intervals...)); !slices.Equal(got, []string{"critical export-slow"}) {
		t.Errorf("findings %q", got)
	}
}

// TestMoreDropsAreNeverLessSevere is a property of random targets.
func TestMoreDropsAreNeverLessSevere(t *testing.T) {
	rank := map[string]int{report.Info: 1, report.Warning: 2, report.Critical: 3}
	random := rand.New(rand.NewPCG(5, 1))
	for range 50 {
		exported, capacity, before := random.Uint64N(5000), 64+random.Uint64N(4000), 0
		dropped := uint32(0)
		for range 6 {
			dropped += random.Uint32N(400)
			r := judged(report.Limits{}, steadily(drops(dropped), func(s *snapshot.Snapshot) {
				s.Processors[0].Exported, s.Processors[0].Settings.MaxQueueSize = exported, capacity
			})...)
			severity := 0
			for _, f := range r.Findings {
				if f.ID == "span-drop" {
					severity = rank[f.Severity]
				}
			}
			if severity < before {
				t.Fatalf("%d dropped beside %d exported: severity %d, with fewer drops %d", dropped, exported, severity, before)
			}
			before = severity
		}
	}
}

func TestLimitsMoveTheThresholds(t *testing.T) {
	drop := steadily(drops(100))
	if got := active(judged(report.Limits{Drops: 0.2}, drop...)); len(got) != 0 {
		t.Errorf("with a limit of 20 %%: %q", got)
	}
	if got := active(judged(report.Limits{RSS: 99e6}, steadily()...)); !slices.Equal(got, []string{"warning memory-growth"}) {
		t.Errorf("100 MB with a limit of 99 MB: %q", got)
	}
}

// TestIgnored raises a finding only while it is not ignored, and says so.
func TestIgnored(t *testing.T) {
	j, n := watch(report.Limits{}), 0
	raised := func(limits report.Limits) (bool, string) {
		j.SetLimits(limits)
		for range 10 {
			j.Add(second(n, drops(100)))
			n++
		}
		r := j.Complete(report.Report{})
		return slices.Contains(active(r), "warning span-drop"), r.Why("findings.span-drop")
	}
	ignored := report.Limits{Ignored: []string{"span-drop"}}
	for i, limits := range []report.Limits{ignored, {}, ignored} {
		got, why := raised(limits)
		if want := len(limits.Ignored) == 0; got != want || strings.Contains(why, "it is ignored") == want {
			t.Errorf("step %d: raised %v, missing because %q", i, got, why)
		}
	}
}

// TestJudgedIsNotMissing lists findings that were not judged, and those that cannot be.
func TestJudgedIsNotMissing(t *testing.T) {
	r := judged(report.Limits{}, steadily()...)
	missing := []string{}
	for _, m := range r.Missing {
		if len(m.What) > 8 && m.What[:8] == "findings" {
			missing = append(missing, m.What)
		}
	}
	want := []string{"findings.uncompressed", "findings.high-cardinality", "findings.ignored-settings", "findings.span-flood", "findings.trace-structure", "findings.span-leak", "findings.spans-retained", "findings.memory-growth", "findings.foreign-probes"}
	if !slices.Equal(missing, want) {
		t.Errorf("missing %q, want %q", missing, want)
	}
}

// TestForecastsAreMadeAgain expects a forecast when a finding is raised, and each time that it
// has been present twice as long.
func TestForecastsAreMadeAgain(t *testing.T) {
	var st status
	asked := 0
	r := verdict{state: present, forecast: func() []report.Advice { asked++; return []report.Advice{code(fmt.Sprint("forecast ", asked))} }}
	for range 40 {
		st.update(rule{}, r, time.Time{}, time.Second)
	}
	if asked != 4 || st.finding.Advice[0].Title != "forecast 4" { // after 4, 8, 16 and 32 s
		t.Errorf("asked %d times, advice %+v", asked, st.finding.Advice)
	}
	for range 10 { // it comes and goes
		for range 5 {
			st.update(rule{}, verdict{state: absent}, time.Time{}, time.Second)
		}
		for range 5 {
			st.update(rule{}, r, time.Time{}, time.Second)
		}
	}
	if asked != 5 || st.finding.Advice[0].Title != "forecast 5" { // after 64 s of it
		t.Errorf("of one that comes and goes, asked %d times, advice %+v", asked, st.finding.Advice)
	}
	for range recovery / time.Second {
		st.update(rule{}, verdict{state: absent}, time.Time{}, time.Second)
	}
	for range 4 {
		st.update(rule{}, r, time.Time{}, time.Second)
	}
	if asked != 6 || st.finding.Advice[0].Title != "forecast 6" {
		t.Errorf("of one that comes back, asked %d times, advice %+v", asked, st.finding.Advice)
	}
}
