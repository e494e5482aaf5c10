package agent

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/accounting"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
)

// reporting is a prober that shows more records dropped each time, and a ForceFlush under way.
type reporting struct {
	unprobed
	dropped *uint64
}

func (p reporting) Usage() (probes.Usage, error) {
	*p.dropped += 3
	return probes.Usage{Dropped: *p.dropped}, nil
}

func (p reporting) Flights() ([]probes.Flight, error) {
	return []probes.Flight{
		{Of: probes.Logs, Exporter: 7, Records: 40}, {Of: probes.Logs, Exporter: 8, Records: 50}, {Of: probes.Flush, Exporter: 6},
	}, nil
}

// TestDropsWhileRead reads log processors while they report dropped records.
func TestDropsWhileRead(t *testing.T) {
	dropped := uint64(10)
	w := &Watcher{probes: reporting{dropped: &dropped}, components: accounting.NewComponents(examiner{&Watcher{}}, 0)}
	if r, err := w.readLogsAndDrops(); err != nil || len(r.states) > 0 || dropped != 10 {
		t.Errorf("without a processor: %+v, %v", r, err)
	}
	w.components.AddLogs(memory.LogProcessor{Address: 6, Capacity: 100}, memory.LogReading{}, accounting.LogsSince{})
	r, err := w.readLogsAndDrops()
	if err != nil || len(r.states) != 1 || !r.states[0].Unread || r.reported != 16 || r.meanwhile != 3 {
		t.Errorf("%+v, %v; want 16 reported, 3 of them meanwhile", r, err)
	}
	flights, err := w.probes.Flights()
	for address, want := range map[uint64]bool{6: true, 7: false} {
		exporting, flushing := logsUnderWay(flights, memory.LogProcessor{Address: address, Wrapper: 7})
		if err != nil || exporting != 40 || flushing != want {
			t.Errorf("%d records are exported, it is flushed: %v, %v; want 40, %v", exporting, flushing, err, want)
		}
	}
}

// TestCountedAll opens Spans at the attach or later.
func TestCountedAll(t *testing.T) {
	const limit = time.Second
	for _, test := range []struct {
		name string
		at   time.Duration // the limit at the attach
		use  func(*windows, *probes.Usage)
		want bool
	}{
		{"since the attach", limit, func(*windows, *probes.Usage) {}, true},
		{"opened later", 0, func(w *windows, _ *probes.Usage) { _ = w.open(probes.Spans, limit) }, false},
		{"not open", 0, func(*windows, *probes.Usage) {}, false},
		{"spent", limit, func(_ *windows, u *probes.Usage) { u.Spent[probes.Spans] = limit }, false},
		{"had spent an allowance", limit, func(_ *windows, u *probes.Usage) { u.CrossedNS[probes.Spans] = 5 }, false},
		{"a window has ended", limit, func(w *windows, _ *probes.Usage) { w.ended = map[string]uint64{} }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := inPlace{open: map[probes.Group]bool{}}
			w := newWindows(p, probes.Cost{Emulated: time.Microsecond}, 0.01, Config{}, &hostLimit{}, accounting.NewComponents(nil, 0), func(bool) error { return nil })
			limits := make([]time.Duration, len(probes.Groups))
			limits[probes.Spans] = test.at
			if err := w.openAll(limits); err != nil {
				t.Fatal(err)
			}
			var usage probes.Usage
			test.use(w, &usage)
			if got := w.countedAll(usage); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
