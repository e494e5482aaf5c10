package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// tracingAt is an interval in which each of some lines has one sample of tracing, and
// one line has many.
func tracingAt(first, lines int, name string) snapshot.Snapshot {
	s := snapshot.Snapshot{Samples: snapshot.Samples{Hz: 100}}
	at := func(count uint64, function string, line int) {
		s.Samples.Stacks = append(s.Samples.Stacks, snapshot.NewStack(count,
			&snapshot.Frame{Function: "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End"}, &snapshot.Frame{Function: "main." + function, File: "main.go", Line: line}))
	}
	for i := range lines {
		at(1, fmt.Sprint(name, first+i), first+i)
	}
	at(uint64(lines), "hot", 1)
	return s
}

// TestLinesAreBounded calls tracing from ever more lines: the most expensive one stays, and the
// report says that others were left out.
func TestLinesAreBounded(t *testing.T) {
	for _, name := range []string{"f", strings.Repeat("long", 1000)} {
		var sum total
		for n := range 60 {
			c := count(tracingAt(1000*n, 1000, name))
			if size := c.Counts.Size(); size > classify.IntervalLineBytes {
				t.Fatalf("%d bytes of lines are kept of an interval, want %d at the most", size, classify.IntervalLineBytes)
			}
			sum.add(c)
		}
		if size := sum.counts.Size(); size > classify.TotalLineBytes {
			t.Errorf("%d bytes of lines are kept in all, want %d at the most", size, classify.TotalLineBytes)
		}
		r := sum.interval().Report()
		if site := r.Sites[0]; site.Function != "main.hot" || site.Share.Value != 0.5 {
			t.Errorf("the costliest site is %+v with %+v, want main.hot with half", site, site.Share)
		}
		if share := r.CPU.Tracing.Direct; share.High < 1 {
			t.Errorf("tracing has %+v of the samples, want all", share)
		}
		if !slices.ContainsFunc(r.Missing, func(m snapshot.Missing) bool { return m.What == "sites.others" }) {
			t.Errorf("that lines are left out is not said: %v", r.Missing)
		}
	}
}
