package classify

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// TestCountsAddUp counts the samples of intervals one by one, and merged.
func TestCountsAddUp(t *testing.T) {
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
			stack(4, sdkMetric+".(*PeriodicReader).collectAndExport", "go.opentelemetry.io/otel/sdk/metric.(*PeriodicReader).run"),
		}}},
	}
	var parts Counts
	for _, s := range intervals {
		parts.Add(Count(s.Samples.Stacks))
	}
	whole := Count(testsnapshot.Merged(intervals).Samples.Stacks)
	if diff := cmp.Diff(whole, parts, cmp.AllowUnexported(Counts{})); diff != "" {
		t.Errorf("(-of the whole +of its parts):\n%s", diff)
	}
	if whole.Samples != 28 || whole.ReadingMetrics != 4 || whole.Tracing.Exporting != 2 || whole.Tracing.ExportingInline != 2 || whole.Allocating[Application] != 5 || whole.Allocating[Tracing] != 3 {
		t.Errorf("%+v, want 28 samples, 4 of a reader, 2 of exports that are waited for, 8 of allocations, 3 of them tracing's", whole)
	}
}

// TestEveryCountAddsUp fails if Add forgets a field.
func TestEveryCountAddsUp(t *testing.T) {
	once, twice := countsOf(t, 3), countsOf(t, 6)
	var sum Counts
	sum.Add(once)
	if diff := cmp.Diff(once, sum); diff != "" {
		t.Errorf("of one (-want +got):\n%s", diff)
	}
	sum.Add(once)
	if diff := cmp.Diff(twice, sum); diff != "" {
		t.Errorf("of two (-want +got):\n%s", diff)
	}
}

// countsOf has n in every count.
func countsOf(t *testing.T, n uint64) (c Counts) {
	fill(t, reflect.ValueOf(&c).Elem(), n)
	return c
}

func fill(t *testing.T, v reflect.Value, n uint64) {
	for i := range v.NumField() {
		switch field := v.Field(i); field.Kind() {
		case reflect.Uint64:
			field.SetUint(n)
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Struct:
			fill(t, field, n)
		case reflect.Array:
			for j := range field.Len() {
				field.Index(j).SetUint(n)
			}
		case reflect.Map:
			field.Set(reflect.MakeMap(field.Type()))
			field.SetMapIndex(reflect.New(field.Type().Key()).Elem(), reflect.ValueOf(n))
		default:
			t.Fatalf("%s is of a kind that this test does not know", v.Type().Field(i).Name)
		}
	}
}
