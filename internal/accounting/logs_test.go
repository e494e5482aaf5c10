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
	c.AddLogs(memory.LogProcessor{Address: 0x600, Wrapper: logWrapper, Capacity: 100}, memory.LogReading{Queue: 10, Dropped: 3}, since)
	return c
}

func queueOf(c *Components, nowNS uint64) snapshot.LogQueue {
	return c.Take(nil, nowNS).Pipelines[0].Exporters[0].Queue
}

func TestLogsSince(t *testing.T) {
	for _, test := range []struct {
		name  string
		since LogsSince
		want  snapshot.LogReading
	}{
		{"counted since the attach", LogsSince{Counted: true, Received: 4, Slack: 1}, snapshot.LogReading{Queue: 10, Held: 6, Slack: 1, Dropped: 3, DropSlack: 3}},
		{"found late", LogsSince{Received: 4, Told: 2}, snapshot.LogReading{Queue: 10, Held: 10, Slack: 100, Dropped: 3, DropSlack: 5}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := queueOf(logsOf(test.since), 5).Before; got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

// TestLogsConfirmed has exports that return while the processor is read, and after that.
func TestLogsConfirmed(t *testing.T) {
	c := logsOf(LogsSince{Counted: true})
	for _, ended := range []uint64{10, 25, 40} {
		c.Record(probes.Records{Calls: []probes.Call{{Of: probes.Logs, Receiver: logWrapper, StartedNS: 5, EndedNS: ended, Length: ended}}})
	}
	c.AddDropped(17)
	c.LogProcessors()[0].Confirm(LogState{LogReading: memory.LogReading{Queue: 20, Waiting: 8, Dropped: 1}, Exporting: 40, FromNS: 20, ToNS: 30})
	taken := c.Take(nil, 50).Pipelines[0]
	want := snapshot.LogReading{Queue: 20, Held: 28, Slack: 25, Dropped: 1}
	if q := taken.Exporters[0].Queue; q.After != want || q.Peak != 20 || taken.Dropped != 17 || taken.Records != 75 {
		t.Errorf("%+v, %d dropped, %d records; want %+v", q, taken.Dropped, taken.Records, want)
	}
	if q := queueOf(c, 60); q.Before != want || q.After != want {
		t.Errorf("the next interval begins with %+v", q)
	}
	c.LogProcessors()[0].Confirm(LogState{Unread: true})
	if q := queueOf(c, 70); q.After != want {
		t.Errorf("what could not be read is %+v", q.After)
	}
}
