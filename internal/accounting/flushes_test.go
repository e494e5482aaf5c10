package accounting

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestFlushes counts calls of processors and readers that are not known, and where the
// recorded ones came from.
func TestFlushes(t *testing.T) {
	c := NewComponents(nil, 0)
	call := probes.Call{Of: probes.Flush, Signal: snapshot.Logs, Receiver: 0xa000, StartedNS: 1, EndedNS: 1 + uint64(23*time.Millisecond)}
	c.Record(probes.Records{Calls: []probes.Call{call, call}})
	frames := func(stack []uint64) []*snapshot.Frame {
		return []*snapshot.Frame{
			{Function: "go.opentelemetry.io/otel/sdk/log.(*BatchProcessor).ForceFlush"}, {Function: "go.opentelemetry.io/otel/sdk/log.(*LoggerProvider).ForceFlush"},
			{Function: "main.handle", File: "main.go", Line: int(stack[0])},
		}
	}
	for line := range uint64(2 * snapshot.MaxFlushSites) {
		caller := probes.Caller{Of: probes.Flush, Signal: snapshot.Logs, Stack: []uint64{line + 1}}
		c.AddCallers([]probes.Caller{caller, caller}, frames)
	}
	taken := c.Take(nil, 0).Flushes
	if len(taken) != 1 || taken[0].Calls.Count != 2 || taken[0].Calls.Longest != 23*time.Millisecond || len(taken[0].Sites) != snapshot.MaxFlushSites {
		t.Fatalf("%+v, want 2 calls from %d sites", taken, snapshot.MaxFlushSites)
	}
	if first := taken[0].Sites[0]; first.Site.Line != 1 || first.Calls != 2 {
		t.Errorf("%+v, want 2 calls at the line outside the SDK", first)
	}
	if again := c.Take(nil, 0).Flushes; again[0].Calls.Count != 0 || len(again[0].Sites) != 0 {
		t.Errorf("%+v, want none in the next interval", again)
	}
}

// TestFlushesOfHandlers counts, of the recorded calls of a line, those that the handler of a
// request makes.
func TestFlushesOfHandlers(t *testing.T) {
	c := NewComponents(nil, 0)
	bottoms := map[uint64]string{1: "net/http.(*conn).serve", 2: "main.tick"}
	frames := func(stack []uint64) []*snapshot.Frame {
		return []*snapshot.Frame{{Function: "main.flush", File: "main.go", Line: 23}, {Function: "main.call"}, {Function: bottoms[stack[0]]}}
	}
	for _, bottom := range []uint64{1, 2, 1} {
		c.AddCallers([]probes.Caller{{Of: probes.Flush, Signal: snapshot.Traces, Stack: []uint64{bottom}}}, frames)
	}
	sites := c.Take(nil, 0).Flushes[0].Sites
	if len(sites) != 1 || sites[0].Calls != 3 || sites[0].Served != 2 {
		t.Errorf("%+v, want one line, and two of three calls by a handler", sites)
	}
}
