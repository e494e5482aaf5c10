package sick

import (
	"bufio"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// snapshots are all that a recording holds.
func snapshots(t *testing.T, r row) []snapshot.Snapshot {
	t.Helper()
	file, err := os.Open(r.recording())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	recorded, err := recording.NewReader(bufio.NewReader(file), nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []snapshot.Snapshot
	for {
		s, err := recorded.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
}

func named(t *testing.T, name string) row {
	t.Helper()
	for _, r := range rows {
		if r.name == name {
			return r
		}
	}
	t.Fatalf("no row %q", name)
	return row{}
}

// TestClears lets the cause of each finding end: what was recorded of a healthy process goes
// on for the sick one. Findings of exports remember ten of them, those of losses the last
// minute. Findings of cost and of names have longer memories, of samples and of spans, see
// docs/findings.md.
func TestClears(t *testing.T) {
	const fewIntervals, minute = 3, 63
	well := snapshots(t, named(t, "distant receiver"))
	for id, after := range map[string]int{
		"sync-export": fewIntervals, "batch-config": fewIntervals, "queue-backlog": fewIntervals,
		"span-drop": minute, "export-slow": minute, "export-errors": minute,
	} {
		t.Run(id, func(t *testing.T) {
			var judge monitor.Monitor
			holds := func() bool {
				for _, f := range judge.Totals()[0].Findings {
					if f.ID == id && f.Holds() {
						return true
					}
				}
				return false
			}
			ill := snapshots(t, named(t, id))
			for _, s := range ill[:len(ill)-1] { // the last is cut short
				judge.Add(s)
			}
			if !holds() {
				t.Fatal("not found")
			}
			end := ill[len(ill)-2].Start.Add(ill[len(ill)-2].Elapsed)
			for i := range after {
				s := well[5+i%8]
				s.Target, s.Start = ill[0].Target, end
				end = end.Add(s.Elapsed)
				judge.Add(s)
			}
			if holds() {
				t.Errorf("not cleared %d intervals after its cause ended", after)
			}
		})
	}
}

// TestTwiceTheTimeNarrowsTheIntervals looks at shares of the CPU and of spans in
// recordings of steady loads.
func TestTwiceTheTimeNarrowsTheIntervals(t *testing.T) {
	for _, name := range []string{"busy", "sampling-high", "attribute-cost"} {
		all := snapshots(t, named(t, name))
		half, whole := analyzer.Analyze(testsnapshot.Merged(all[:len(all)/2])), analyzer.Analyze(testsnapshot.Merged(all))
		for figure, of := range map[string]func(report.Report) *estimate.Estimate{
			"cpu.tracing.share":  func(r report.Report) *estimate.Estimate { return r.CPU.Tracing.Share },
			"cpu.tracing.direct": func(r report.Report) *estimate.Estimate { return r.CPU.Tracing.Direct },
			"names.share":        func(r report.Report) *estimate.Estimate { return r.Names[0].Share },
		} {
			a, b := of(half), of(whole)
			if a == nil || b == nil {
				t.Errorf("%s of %s is not claimed", figure, name)
			} else if wide, narrow := a.High-a.Low, b.High-b.Low; narrow >= wide {
				t.Errorf("%s of %s: ±%.4f in half the time, ±%.4f in all of it", figure, name, wide/2, narrow/2)
			}
		}
	}
}

// TestMoreDropsAreNeverLessSevereInRecordings adds drops to what was recorded of
// programs that drop none, some and most of their spans.
func TestMoreDropsAreNeverLessSevereInRecordings(t *testing.T) {
	for _, name := range []string{"bursty", "distant receiver", "queue-backlog", "span-drop", "overwhelmed collector"} {
		all, before := snapshots(t, named(t, name)), 0
		for _, more := range []uint32{0, 1, 10, 100, 1000} {
			var judge monitor.Monitor
			for i, s := range all {
				judge.Add(dropping(s, uint32(i)*more, more))
			}
			severity := 0
			for _, f := range judge.Totals()[0].Findings {
				if f.ID == "span-drop" {
					severity = rank[f.Severity]
				}
			}
			if severity < before {
				t.Errorf("%s: %d more dropped an interval: severity %d, with fewer %d", name, more, severity, before)
			}
			before = severity
		}
	}
}

// dropping is s with more drops: some before it and some in it.
func dropping(s snapshot.Snapshot, before, within uint32) snapshot.Snapshot {
	processors := append([]snapshot.Processor(nil), s.Processors...)
	for i := range processors {
		processors[i].Before.Dropped += before
		processors[i].After.Dropped += before + within
	}
	s.Processors = processors
	return s
}
