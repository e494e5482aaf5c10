package analyzer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func pastOf(intervals []snapshot.Snapshot) (p past) {
	for _, s := range intervals {
		p.add(Count(s))
	}
	return p
}

func newSeen(intervals []snapshot.Snapshot, limits report.Limits) seen {
	return pastOf(intervals).seen(limits)
}

// TestCensusesAddUp counts the samples of intervals by themselves, and merged.
func TestCensusesAddUp(t *testing.T) {
	const sdk, exporter = "go.opentelemetry.io/otel/sdk/trace.", "go.opentelemetry.io/otel/exporters/otlp/otlptrace.(*Exporter).ExportSpans"
	stack := func(n uint64, functions ...string) snapshot.Stack {
		var frames []*snapshot.Frame
		for _, f := range functions {
			frames = append(frames, &snapshot.Frame{Function: f})
		}
		return snapshot.NewStack(n, frames...)
	}
	work := stack(7, "main.work", "main.main", "runtime.main")
	intervals := []snapshot.Snapshot{
		{Samples: snapshot.Samples{Stacks: []snapshot.Stack{
			work,
			stack(3, "runtime.mallocgc", sdk+"(*recordingSpan).SetAttributes", "main.work"),
			stack(2, "compress/flate.(*compressor).deflate", exporter, sdk+"(*simpleSpanProcessor).OnEnd", "main.work"),
		}}},
		{Samples: snapshot.Samples{Stacks: []snapshot.Stack{
			work,
			stack(5, "runtime.mallocgc", "main.work"),
			stack(4, readerFrames[0], "go.opentelemetry.io/otel/sdk/metric.(*PeriodicReader).run"),
		}}},
	}
	p := pastOf(intervals)
	whole := takeCensus(snapshot.MergeAll(intervals).Samples.Stacks)
	if diff := cmp.Diff(whole, sum(p.censuses), cmp.AllowUnexported(census{})); diff != "" {
		t.Errorf("(-of the whole +of its parts):\n%s", diff)
	}
	if whole.kept != 28 || whole.reading != 4 || whole.exports != [2]uint64{2, 2} || whole.malloc != [2]uint64{8, 3} {
		t.Errorf("%+v, want 28 samples, 4 of a reader, 2 of exports that are waited for, 8 of allocations and 3 of them tracing's", whole)
	}
}
