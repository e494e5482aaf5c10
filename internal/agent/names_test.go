package agent

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestNameBook(t *testing.T) {
	const ours, foreign = 1, 2
	asked := 0
	book := newNameBook(func(itab uint64) bool { asked++; return itab == ours })
	book.enter([]probes.Span{
		{Itab: ours, Name: "GET", Scope: "http", Attributes: 11, LocalRoot: true, StandsFor: 4},
		{Itab: foreign, Name: "garbage", StandsFor: 4},
		{Itab: ours, Name: "price", Scope: "checkout", Attributes: 3, StandsFor: 4},
		{Itab: foreign, Name: "garbage", StandsFor: 4},
	})
	book.enter([]probes.Span{{Itab: ours, Name: "GET", Scope: "http", Attributes: 12, LocalRoot: true, StandsFor: 1}})
	want := snapshot.Names{
		List: []snapshot.Name{
			{Scope: "http", Name: "GET", Read: 2, Spans: 5, Attributes: 4*11 + 12, LocalRoots: 5},
			{Scope: "checkout", Name: "price", Read: 1, Spans: 4, Attributes: 12},
		},
		Squares: 16 + 16 + 1, Unread: 2 + 7,
	}
	if diff := cmp.Diff(want, book.close(7)); diff != "" {
		t.Errorf("first interval (-want +got):\n%s", diff)
	}
	if asked != 2 {
		t.Errorf("two types were looked at %d times", asked)
	}
	if diff := cmp.Diff(snapshot.Names{Unread: 1}, book.close(8)); diff != "" {
		t.Errorf("second interval (-want +got):\n%s", diff)
	}
}

func TestLot(t *testing.T) {
	var l lot
	for _, test := range []struct{ hits, want uint64 }{{0, 1}, {4 * 512, 1}, {4 * 512 * 5, 5}, {1 << 60, 16}} {
		if l.first(test.hits); uint64(l.oneIn) != test.want {
			t.Errorf("of a window of %d hits one in %d is read, want %d", test.hits, l.oneIn, test.want)
		}
	}
	for _, test := range []struct{ calls, want uint64 }{{0, 1}, {5120, 10}, {5130, 1}, {5130 + 1024, 2}} {
		if l.next(test.calls); uint64(l.oneIn) != test.want {
			t.Errorf("after %d calls in all one in %d is read, want %d", test.calls, l.oneIn, test.want)
		}
	}
}

func TestCountedUntil(t *testing.T) {
	crossed := monotonicNS() - uint64(time.Hour)
	if ago := time.Since(countedUntil(crossed, false)); ago > time.Minute {
		t.Errorf("a window that has something left counted until %v ago", ago)
	}
	if ago := time.Since(countedUntil(crossed, true)); ago < time.Hour || ago > time.Hour+time.Minute {
		t.Errorf("a window whose allowance was spent an hour ago counted until %v ago", ago)
	}
}

// TestWhomAnExportKeepsWaiting tells exports by the processor and their length.
func TestWhomAnExportKeepsWaiting(t *testing.T) {
	batch := image(1, exporterA, 0, 0, 0)
	for _, test := range []struct {
		name          string
		processor     *memory.Image
		spans         uint64
		sync, foreign uint64
		blocked       time.Duration
	}{
		{"a batch processor's", batch, 100, 0, 0, 0},
		{"a batch processor's of one span", batch, 1, 0, 0, 0},
		{"a simple processor's", nil, 1, 1, 0, 10 * time.Millisecond},
		{"another one's", nil, 7, 0, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := testLedger()
			l.settle(export(10, 20, test.spans, test.processor))
			_, exporters := l.close(nil)
			if e := exporters[0]; e.Sync != test.sync || e.Foreign != test.foreign || e.Blocked != test.blocked {
				t.Errorf("got %+v", e)
			}
		})
	}
}
