package findings

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
	"github.com/otwatch/otwatch/internal/whatif"
)

// dropping is a second of a processor that is handed 3,000 spans and drops a third of them:
// exporting a batch of 100 takes 50 ms.
func dropping(at int) snapshot.Snapshot {
	exporter := snapshot.Exporter{Address: 2, Component: "otlp_grpc_span_exporter", Operations: 20, Exported: 2000, Spans: 2000}
	for range 20 {
		exporter.Latest = append(exporter.Latest, snapshot.Operation{Duration: 50 * time.Millisecond, Spans: 100})
	}
	settings := snapshot.Settings{MaxQueueSize: 300, MaxExportBatchSize: 100, BatchTimeout: time.Second, ExportTimeout: 30 * time.Second}
	full := snapshot.Reading{Queue: 300, Batch: 100, Dropped: uint32(1000 * at)}
	after := full
	after.Dropped += 1000
	return snapshot.Snapshot{
		Start: time.Unix(int64(at), 0), Elapsed: time.Second,
		Exports: []snapshot.Exporter{exporter},
		Processors: []snapshot.Processor{{
			Address: 1, Provider: 1, Exporter: 2, Settings: settings, Before: full, After: after, Peak: 300, Exported: 2000,
		}},
	}
}

// TestForecastRoom advises only what the exports allow.
func TestForecastRoom(t *testing.T) {
	var lately []snapshot.Snapshot
	for at := range history.MinIntervals {
		lately = append(lately, dropping(at))
	}
	advice := forecastRoom(newSeen(lately, report.Limits{}.OrDefault()))
	if len(advice) != 1 || advice[0].Wanted["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] != "200" || len(advice[0].Expected) != 0 {
		t.Errorf("%+v, want a larger batch tried, where all were full and of one size", advice)
	}
	for i := range lately { // smaller ones take as much less
		for j := range 10 {
			lately[i].Exports[0].Latest[j] = snapshot.Operation{Duration: 25 * time.Millisecond, Spans: 50}
		}
	}
	advice = forecastRoom(newSeen(lately, report.Limits{}.OrDefault()))
	if len(advice) != 1 || !strings.Contains(advice[0].Title, "cannot keep up with 3000 ended spans per second") {
		t.Errorf("%+v, want it said that exports, whose time is their spans', are the limit", advice)
	}
	for i := range lately { // idle for most of the time, with a burst at its beginning
		p := &lately[i].Processors[0]
		p.Before.Queue, p.After.Queue, p.Before.Batch, p.After.Batch = 0, 0, 0, 0
		p.Before.Dropped, p.After.Dropped = uint32(200*i), uint32(200*(i+1))
		p.Exported, lately[i].Exports[0].Latest = 600, lately[i].Exports[0].Latest[:6]
	}
	advice = forecastRoom(newSeen(lately, report.Limits{}.OrDefault()))
	if len(advice) != 1 || advice[0].Wanted["OTEL_BSP_MAX_QUEUE_SIZE"] == "" || advice[0].Expected["spans.dropped_share"] >= 0.001 {
		t.Errorf("%+v, want a queue for the bursts", advice)
	}
}

// TestForecastRemembers expects a larger queue for three seconds of drops in half a minute.
// Without the rest of the time, these look like exports that cannot keep up.
func TestForecastRemembers(t *testing.T) {
	var past []snapshot.Snapshot
	for at := range 30 {
		s := dropping(at)
		p := &s.Processors[0]
		if at < 27 { // quiet: nothing dropped, a batch a second
			p.Before, p.After, p.Peak, p.Exported = snapshot.Reading{}, snapshot.Reading{}, 100, 100
			s.Exports[0].Latest = s.Exports[0].Latest[:1]
		} else {
			p.Before.Dropped, p.After.Dropped = uint32(1000*(at-27)), uint32(1000*(at-26))
		}
		past = append(past, s)
	}
	advice := forecastRoom(newSeen(past, report.Limits{}.OrDefault()))
	if len(advice) != 1 || advice[0].Wanted["OTEL_BSP_MAX_QUEUE_SIZE"] == "" {
		t.Errorf("%+v, want a queue that outlasts it", advice)
	}
}

// byTheSpan is a second in which 1,000 spans end. Their exports take a constant time, and a
// time for each span.
func byTheSpan(at int, batch uint64, peak uint64, fixed, perSpan time.Duration) snapshot.Snapshot {
	s := dropping(at)
	x, p := &s.Exports[0], &s.Processors[0]
	x.Latest = nil
	for spans := batch; len(x.Latest) < 12; spans -= batch / 20 {
		x.Latest = append(x.Latest, snapshot.Operation{Spans: spans, Duration: fixed + time.Duration(spans)*perSpan})
	}
	p.Settings = snapshot.Settings{MaxQueueSize: 2000, MaxExportBatchSize: batch, BatchTimeout: time.Second}
	waits := snapshot.Reading{Queue: peak / 2}
	p.Before, p.After, p.Peak, p.Exported = waits, waits, peak, 1000
	return s
}

// TestForecastBatch has exports that are slow because of their size, and others that are too
// small for the load.
func TestForecastBatch(t *testing.T) {
	past := func(batch, peak uint64, fixed, perSpan time.Duration) (s facts) {
		var past []snapshot.Snapshot
		for at := range 20 {
			past = append(past, byTheSpan(at, batch, peak, fixed, perSpan))
		}
		return newSeen(past, report.Limits{}.OrDefault())
	}
	const ms = time.Millisecond
	slow := forecastSmaller(past(1000, 1000, 10*ms, 1500*time.Microsecond))
	if len(slow) != 0 {
		t.Errorf("%+v of exports that no batch lets keep up", slow)
	}
	slow = forecastSmaller(past(1500, 900, 10*ms, 800*time.Microsecond))
	if len(slow) != 2 || slow[0].Expected["export.duration_ms.p99"] > 1000 || slow[0].Wanted["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] == "" {
		t.Errorf("%+v, want a batch that takes no longer than a second", slow)
	}
	if alike := forecastSmaller(past(1000, 1000, 900*ms, 0)); len(alike) != 0 {
		t.Errorf("%+v, where exports take long whatever their size", alike)
	}
}

// TestExportUnderWay has an export that has not returned: it lasts since the last one did.
func TestExportUnderWay(t *testing.T) {
	parts := []snapshot.Snapshot{dropping(0), dropping(1), dropping(2)}
	p := testsnapshot.Merged(parts).Processors[0]
	returned := len(observedLoad(pastOf(parts).Intervals, p).Exports)
	for i := range parts[1:] {
		e := &parts[i+1].Exports[0]
		e.Operations, e.Spans, e.Exported, e.Latest, e.Inflight = 0, 0, 0, nil, 100
	}
	got := observedLoad(pastOf(parts).Intervals, p).Exports
	if last := got[len(got)-1]; len(got) != returned/3+1 || last != (whatif.Export{Spans: 100, Duration: 2 * time.Second}) {
		t.Errorf("%d exports of %d, the last %+v; want one more than in the first second, of 100 spans and 2 s", len(got), returned, last)
	}
}

// TestHeadroom doubles the queue if the slowest export needs most of it.
func TestHeadroom(t *testing.T) {
	load := whatif.Load{Exports: []whatif.Export{{Spans: 100, Duration: 10 * time.Millisecond}}}
	for range 60 {
		load.Intervals = append(load.Intervals, whatif.Interval{Length: time.Second, Spans: 1000})
	}
	load.Exports = append(slices.Repeat(load.Exports, 99), whatif.Export{Spans: 100, Duration: 700 * time.Millisecond})
	replay, err := whatif.NewReplay(load)
	if err != nil {
		t.Fatal(err)
	}
	for queue, want := range map[uint64]uint64{1024: 2048, 2048: 2048} {
		settings := snapshot.Settings{MaxQueueSize: queue, MaxExportBatchSize: 100, BatchTimeout: time.Second}
		f, err := replay.Simulate(settings)
		if err != nil {
			t.Fatal(err)
		}
		if got := (scenario{replay: replay, spanBytes: analyzer.WaitingSpanBytes}).withHeadroom(f).Settings.MaxQueueSize; got != want {
			t.Errorf("a queue of %d, with a peak of %d, becomes %d, want %d", queue, f.Worst.QueuePeak, got, want)
		}
	}
}

// TestForecastIsRenewed has a receiver that is slow now and then, and stalls when the last
// forecast is half a minute old: the next forecast comes early.
func TestForecastIsRenewed(t *testing.T) {
	judge, dropped := watch(report.Limits{}), uint32(0)
	add := func(at int, took time.Duration, exports int, drops uint32, queue uint64) {
		s := dropping(at)
		e, p := &s.Exports[0], &s.Processors[0]
		e.Operations, e.Spans, e.Exported, e.Latest, e.Inflight = uint64(exports), uint64(100*exports), uint64(100*exports), nil, 100
		for range exports {
			e.Latest = append(e.Latest, snapshot.Operation{Duration: took, Spans: 100})
		}
		p.Exported, p.Peak = e.Exported, 300
		p.Before, p.After = snapshot.Reading{Queue: queue, Batch: 100, Dropped: dropped}, snapshot.Reading{Queue: queue, Batch: 100, Dropped: dropped + drops}
		dropped += drops
		judge.Add(s)
	}
	advised := func() string {
		for _, f := range judge.Complete(report.Report{}).Findings {
			if f.ID == "span-drop" {
				return f.Advice[0].Wanted["OTEL_BSP_MAX_QUEUE_SIZE"]
			}
		}
		return ""
	}
	for at := range 35 { // 20 of 520 spans are dropped each second
		add(at, 200*time.Millisecond, 5, 20, 0)
	}
	before := judge.statuses["span-drop"].forecastAt
	for at := 35; at < 42; at++ {
		add(at, 0, 0, 520, 300)
	}
	if after := judge.statuses["span-drop"].forecastAt; before >= 35*time.Second || after <= 38*time.Second {
		t.Errorf("forecast %v and %v after the beginning, want it renewed after 38s; a queue of %q is advised", before, after, advised())
	}
}
