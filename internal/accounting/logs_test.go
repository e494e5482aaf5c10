package accounting

import (
	"testing"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const logWrapper = 0x700

// logsOf finds a log processor with ten records in its queue.
func logsOf(since LogsSince) *Components {
	c := testComponents()
	findLogs(c, since)
	return c
}

func findLogs(c *Components, since LogsSince) {
	c.AddLogs(memory.LogProcessor{Address: 0x600, Wrapper: logWrapper, Capacity: 100}, memory.LogReading{Queue: 10, Dropped: 3}, since)
}

func queueOf(c *Components, nowNS uint64) snapshot.LogQueue {
	return c.Take(nil, nowNS).Pipelines[0].Exporters[0].Queue
}

// logsExport is an export of the processor that logsOf finds.
func logsExport(startedNS, endedNS, records uint64, failed bool) probes.Call {
	return probes.Call{Of: probes.Logs, Receiver: logWrapper, StartedNS: startedNS, EndedNS: endedNS, Length: records, Failed: failed}
}

// logsFlush is a ForceFlush or Shutdown of that processor.
func logsFlush(of probes.Operation, startedNS, endedNS uint64, failed bool) probes.Call {
	return probes.Call{Of: of, Signal: snapshot.Logs, Receiver: 0x600, StartedNS: startedNS, EndedNS: endedNS, Failed: failed}
}

func recordAll(c *Components, calls ...probes.Call) { c.Record(probes.Records{Calls: calls}) }

// TestLogsSince works back to the attach only if nothing can have left the processor by then.
func TestLogsSince(t *testing.T) {
	counted := LogsSince{Counted: true, Received: 4, Slack: 1, ReadNS: 20}
	exact := snapshot.LogReading{Queue: 10, Held: 6, Slack: 1, Dropped: 3, DropSlack: 3}
	doubtful := snapshot.LogReading{Queue: 10, Held: 10, Slack: 200, Dropped: 3, DropSlack: 3}
	with := func(change func(*LogsSince)) LogsSince { since := counted; change(&since); return since }
	for _, test := range []struct {
		name          string
		earlier       []probes.Call // in an earlier interval
		since         LogsSince
		before, after []probes.Call // it is found
		want          snapshot.LogReading
	}{
		{"counted since the attach", nil, counted, nil, []probes.Call{logsExport(21, 30, 5, false)}, exact},
		{"found late", nil, LogsSince{Received: 4, Reported: 2}, nil, nil, snapshot.LogReading{Queue: 10, Held: 10, Slack: 200, Dropped: 3, DropSlack: 5}},
		{"exported in an earlier interval", []probes.Call{logsExport(5, 10, 1000, false)}, counted, nil, nil, doubtful},
		{"exported before", nil, counted, []probes.Call{logsExport(5, 10, 5, false)}, nil, doubtful},
		{"flushed before", nil, counted, []probes.Call{logsFlush(probes.Flush, 5, 10, false)}, nil, doubtful},
		{"exported since the attach at least", nil, counted, []probes.Call{logsExport(0, 10, 0, false)}, nil, doubtful},
		{"an export was under way", nil, with(func(s *LogsSince) { s.Busy = true }), nil, nil, doubtful},
		{"an export had begun, as it shows later", nil, counted, nil, []probes.Call{logsExport(15, 30, 5, false)}, doubtful},
		{"one was in OnEmit still", nil, with(func(s *LogsSince) { s.Received = 12 }), nil, nil, snapshot.LogReading{Queue: 10, Held: -2, Slack: 3, Dropped: 3, DropSlack: 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := testComponents()
			recordAll(c, test.earlier...)
			c.Take(nil, 1)
			recordAll(c, test.before...)
			findLogs(c, test.since)
			recordAll(c, test.after...)
			if got := queueOf(c, 5).Before; got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

// TestLogsConfirmed has exports that return while the processor is read, and after that.
func TestLogsConfirmed(t *testing.T) {
	c := logsOf(LogsSince{Counted: true})
	recordAll(c, logsExport(5, 10, 10, false), logsExport(5, 25, 25, false), logsExport(5, 40, 40, false))
	c.AddDropped(17)
	state := LogState{LogReading: memory.LogReading{Queue: 20, Waiting: 8, Dropped: 1}, Exporting: 40, FromNS: 20, ToNS: 30}
	c.ConfirmLogs([]LogState{state}, 17, 0)
	taken := c.Take(nil, 50).Pipelines[0]
	want := snapshot.LogReading{Queue: 20, Held: 28, Slack: 25, Dropped: 1}
	if q := taken.Exporters[0].Queue; q.After != want || q.Peak != 20 || taken.Dropped != 17 || taken.Records != 75 {
		t.Errorf("%+v, %d dropped, %d records; want %+v", q, taken.Dropped, taken.Records, want)
	}
	if q := queueOf(c, 60); q.Before != want || q.After != want {
		t.Errorf("the next interval begins with %+v", q)
	}
	c.ConfirmLogs([]LogState{{Unread: true}}, 17, 0)
	old := want
	old.Unread = true
	if q := queueOf(c, 70); q.Before != want || q.After != old {
		t.Errorf("what could not be read is %+v", q.After)
	}
	c.ConfirmLogs(nil, 17, 0) // it was found since
	if q := queueOf(c, 80); q.Before != old || q.After != old {
		t.Errorf("what was not read is %+v", q.After)
	}
	c.ConfirmLogs([]LogState{state}, 17, 0)
	if q := queueOf(c, 90); q.Before != old || q.After.Unread {
		t.Errorf("what was read again is %+v", q.After)
	}
}

// TestLogsEnd ends the process, after its processor was shut down or not.
func TestLogsEnd(t *testing.T) {
	gone := snapshot.LogReading{Slack: 100, DropSlack: 3}
	old := snapshot.LogReading{Queue: 10, Held: 10, Dropped: 3, Unread: true}
	for _, test := range []struct {
		name   string
		buffer uint64
		calls  []probes.Call
		want   snapshot.LogReading
	}{
		{"shut down", 0, []probes.Call{logsFlush(probes.Shutdown, 5, 10, false)}, gone},
		{"shut down, by an old SDK", 1, []probes.Call{logsFlush(probes.Shutdown, 5, 10, false)}, old},
		{"its Shutdown was given up", 0, []probes.Call{logsFlush(probes.Shutdown, 5, 10, true)}, old},
		{"flushed", 0, []probes.Call{logsFlush(probes.Flush, 5, 10, false)}, old},
		{"killed", 0, nil, old},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := logsOf(LogsSince{})
			c.logs[0].Buffer = test.buffer
			recordAll(c, test.calls...)
			c.End()
			if got := queueOf(c, 20).After; got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

// TestLogsGone has the memory of a processor reused after its Shutdown.
func TestLogsGone(t *testing.T) {
	c := logsOf(LogsSince{})
	recordAll(c, logsFlush(probes.Shutdown, 5, 10, false))
	want := snapshot.LogReading{Slack: 100, DropSlack: 3}
	for _, state := range []LogState{{Unread: true}, {LogReading: memory.LogReading{Queue: 90, Dropped: 70}}, {Unread: true}} {
		c.ConfirmLogs([]LogState{state}, 3, 0)
		if got := queueOf(c, 20).After; got != want {
			t.Errorf("%+v is %+v, want %+v", state, got, want)
		}
	}
}

// TestLogsFlushed reads a processor whose queue was taken away by a flush, and whose exports fail.
func TestLogsFlushed(t *testing.T) {
	state := LogState{FromNS: 20, ToNS: 30}
	for _, test := range []struct {
		name     string
		flushing bool
		calls    []probes.Call
		unsure   uint64
		slack    [3]uint64 // at the ends of the interval, and of the next two
	}{
		{"not flushed", false, nil, 0, [3]uint64{}},
		{"flushed before", false, []probes.Call{logsExport(6, 9, 5, false), logsFlush(probes.Flush, 5, 10, false)}, 0, [3]uint64{}},
		{"flushed since", false, []probes.Call{logsFlush(probes.Flush, 31, 40, false)}, 0, [3]uint64{}},
		{"flushed meanwhile", false, []probes.Call{logsFlush(probes.Flush, 5, 25, false)}, 0, [3]uint64{100}},
		{"flushed until later", false, []probes.Call{logsFlush(probes.Shutdown, 25, 35, false)}, 0, [3]uint64{100}},
		{"being flushed", true, nil, 0, [3]uint64{100}},
		{"given up", false, []probes.Call{logsFlush(probes.Flush, 5, 10, true)}, 100, [3]uint64{100, 100}},
		{"an export failed in it", false, []probes.Call{logsExport(6, 9, 5, true), logsFlush(probes.Flush, 5, 10, false)}, 100, [3]uint64{}},
		{"an export had failed before", false, []probes.Call{logsExport(3, 4, 5, true), logsFlush(probes.Flush, 5, 10, false)}, 0, [3]uint64{}},
		{"under way at the attach", false, []probes.Call{logsFlush(probes.Flush, 0, 10, false)}, 100, [3]uint64{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := logsOf(LogsSince{})
			recordAll(c, test.calls...)
			for i, want := range test.slack {
				now := state
				now.Flushing = test.flushing && i == 0
				c.ConfirmLogs([]LogState{now}, 0, 0)
				q := queueOf(c, 50)
				if q.After.Slack != want || i == 0 && q.Unsure != test.unsure || i > 0 && q.Unsure > 0 {
					t.Errorf("interval %d: %+v, want slack %d, unsure %d", i, q, want, test.unsure)
				}
			}
		})
	}
}

// TestLogsFlushedBeforeFound has flushes that fail before their processor is found.
func TestLogsFlushedBeforeFound(t *testing.T) {
	c := testComponents()
	recordAll(c, logsFlush(probes.Flush, 5, 10, true), logsFlush(probes.Flush, 15, 20, true), logsFlush(probes.Flush, 25, 30, false))
	findLogs(c, LogsSince{})
	if q := queueOf(c, 50); q.Unsure != 200 {
		t.Errorf("unsure are %d, want 200", q.Unsure)
	}
}

// TestLogsReported has a processor report its drops while it is read: they count twice, or not at all.
func TestLogsReported(t *testing.T) {
	c := logsOf(LogsSince{})
	for _, step := range []struct{ dropped, reported, meanwhile, slack uint64 }{
		{7, 0, 0, 0},
		{7, 7, 7, 7},  // it reported after it was read
		{0, 9, 2, 2},  // and before
		{1, 9, 0, 0},  // nothing
		{0, 9, 0, 1},  // it is about to report
		{0, 10, 0, 0}, // it has reported
		{3, 10, 0, 0}, // more
		{0, 12, 0, 1}, // it reported 2, and is about to report
		{5, 30, 11, 11},
	} {
		c.ConfirmLogs([]LogState{{LogReading: memory.LogReading{Dropped: step.dropped}}}, step.reported, step.meanwhile)
		if got := queueOf(c, 50).After; got.DropSlack != step.slack {
			t.Errorf("%+v: %+v", step, got)
		}
	}
}
