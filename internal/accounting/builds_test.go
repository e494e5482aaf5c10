package accounting

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// builtAt are frames of a line that builds components: a stack has the number of the line.
func builtAt(stack []uint64) []*snapshot.Frame {
	return []*snapshot.Frame{
		{Function: "go.opentelemetry.io/otel/sdk/trace.NewTracerProvider"},
		{Function: "main.handle", File: "main.go", Line: int(stack[0])},
	}
}

func built(component, line, atNS uint64) probes.Built {
	return probes.Built{Component: component, Kind: "TracerProvider", BuiltNS: atNS, Stack: []uint64{line}}
}

// TestBuilds counts what two lines build and shut down.
func TestBuilds(t *testing.T) {
	second := uint64(time.Second)
	b := NewBuilds(builtAt)
	b.Record(probes.Records{
		Built:   []probes.Built{built(0xa0, 1, second), built(0xb0, 2, 2*second), built(0xc0, 1, 3*second), built(0xa0, 1, 5*second), built(0xb0, 2, 6*second)},
		Stopped: []probes.Stopped{{Component: 0xa0, StoppedNS: 4 * second}, {Component: 0xa0, StoppedNS: 4 * second}, {Component: 0xd0, StoppedNS: 7 * second}},
	})
	b.Observe(8*time.Second, true)
	got := b.AsOf(8 * second)
	if len(got.Sites) != 2 || !got.Whole || got.Observed != 8*time.Second {
		t.Fatalf("%+v, want two sites", got)
	}
	if one := got.Sites[0]; one.Site.Line != 1 || one.Built != 3 || one.Stopped != 1 || one.Gone != 0 || one.Living() != 2 || one.First != 7*time.Second || one.Last != 3*time.Second {
		t.Errorf("%+v, want 3 built and 1 shut down", one)
	}
	if two := got.Sites[1]; two.Built != 2 || two.Stopped != 0 || two.Gone != 1 {
		t.Errorf("%+v, want 2 built, the first of them gone", two)
	}
}

// TestBuildsWithoutAnEnd builds ever more: memory is bounded, and the rest counted.
func TestBuildsWithoutAnEnd(t *testing.T) {
	const n = 3 * maxBuilt
	b := NewBuilds(builtAt)
	for i := range uint64(n) {
		b.Record(probes.Records{Built: []probes.Built{built(0x1000+i, i%(2*maxBuildSites), i)}})
	}
	b.Observe(time.Second, false)
	got := b.AsOf(n)
	var total uint64
	for _, s := range got.Sites {
		total += s.Built
	}
	if len(got.Sites) != maxBuildSites || len(b.built) > maxBuilt || total+got.Unplaced != n || got.Whole {
		t.Errorf("%d sites with %d, %d unplaced, %d addresses", len(got.Sites), total, got.Unplaced, len(b.built))
	}
}

// TestBuildsBesideALeak has a line that leaks more components than are told apart, and one that
// shuts each of its components down.
func TestBuildsBesideALeak(t *testing.T) {
	const leaked, reloaded = maxBuilt + 23, 50
	b := NewBuilds(builtAt)
	at, address := uint64(0), uint64(0x1000)
	build := func(line uint64) {
		at, address = at+uint64(time.Second), address+1
		b.Record(probes.Records{Built: []probes.Built{built(address, line, at)}})
		b.Observe(time.Second, true)
	}
	for range leaked {
		build(1)
	}
	for range reloaded {
		build(2)
		b.Record(probes.Records{Stopped: []probes.Stopped{{Component: address, StoppedNS: at + 1}}})
		build(1)
	}
	got := b.AsOf(at)
	leaks, reloads := got.Sites[0], got.Sites[1]
	if n := leaks.Living(); n > maxBuilt || n < maxBuilt-reloaded || leaks.All() != leaked+reloaded {
		t.Errorf("%d of %d live at the line that leaks, want some %d of %d", n, leaks.All(), maxBuilt, leaked+reloaded)
	}
	if leaks.Last != 0 || leaks.Still > time.Second || leaks.Later < leaks.All()/3 {
		t.Errorf("%+v, want a line that still builds more", leaks)
	}
	if reloads.Living() > 0 || reloads.All() != reloaded {
		t.Errorf("%d of %d live at the line that shuts its components down", reloads.Living(), reloads.All())
	}
	if got.Exact() || got.Unplaced != leaks.Untracked+reloads.Untracked {
		t.Errorf("%+v is exact: %d and %d are not tracked", got, leaks.Untracked, reloads.Untracked)
	}
}

// TestLaterBuilds distinguishes a line that builds at the start from one that does not end.
func TestLaterBuilds(t *testing.T) {
	for _, test := range []struct {
		name      string
		seconds   int                // watched
		each      func(n int) uint64 // built in the nth second
		low, high uint64
	}{
		{"all at the start", 1000, func(n int) uint64 { return uint64(max(0, 5-n)) }, 0, 0},
		{"one a second", 1000, func(int) uint64 { return 1 }, 430, 570},
		{"one in half a minute", 3000, func(n int) uint64 { return uint64((n % 30) / 29) }, 40, 60},
		{"a few seconds", 8, func(int) uint64 { return 2 }, 6, 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := NewBuilds(builtAt)
			address := uint64(0x1000)
			for n := range test.seconds {
				for range test.each(n) {
					b.Record(probes.Records{Built: []probes.Built{built(address, 1, uint64(n)*uint64(time.Second))}})
					address++
				}
				b.Observe(time.Second, true)
			}
			site := b.AsOf(uint64(test.seconds) * uint64(time.Second)).Sites[0]
			if site.Later < test.low || site.Later > test.high {
				t.Errorf("%d of %d were built in the later half, want %d to %d", site.Later, site.Built, test.low, test.high)
			}
		})
	}
}

// TestCreatedTracers tells tracers from what else is created.
func TestCreatedTracers(t *testing.T) {
	callers := map[uint64]string{1: "go.opentelemetry.io/otel/sdk/trace.(*TracerProvider).Tracer", 2: "go.opentelemetry.io/otel/sdk/metric.(*MeterProvider).Meter"}
	b := NewBuilds(func(stack []uint64) []*snapshot.Frame {
		return []*snapshot.Frame{{Function: "go.opentelemetry.io/otel/internal/global.Info"}, {Function: callers[stack[0]]}, {Function: "main.handle", File: "main.go", Line: 7}}
	})
	for _, caller := range []uint64{1, 2, 1} {
		b.Record(probes.Records{Built: []probes.Built{{Kind: probes.Created, BuiltNS: 1, Stack: []uint64{caller}}}})
	}
	b.Observe(time.Second, true)
	got := b.AsOf(2).Sites
	if len(got) != 1 || got[0].Kind != snapshot.Tracer || got[0].Built != 2 || got[0].Site.Function != "main.handle" || len(b.built) > 0 {
		t.Errorf("%+v, want two tracers of main.handle", got)
	}
}
