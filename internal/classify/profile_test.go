package classify

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestProfiledIsBounded enters stacks that are never the same, of the application and
// of two stages of tracing: class and stage of each sample stay what they are.
func TestProfiledIsBounded(t *testing.T) {
	kinds := [][]string{
		{"main.work"},
		{"runtime.mallocgc", sdk + ".(*recordingSpan).SetAttributes"},
		{"compress/flate.(*compressor).deflate", otlp + ".(*Exporter).ExportSpans", sdk + ".(*batchSpanProcessor).processQueue"},
		{"runtime.findRunnable", "runtime.schedule"},
		{},
	}
	var p Profile
	want := map[string]uint64{}
	for n := range 20_000 {
		kind := n % len(kinds)
		stack := snapshot.NewStack(uint64(kind+1), framesOf(n, kinds[kind])...)
		class, stage := Stack(stack)
		want[class+stage] += stack.Count
		p.Add(snapshot.Samples{Hz: 100, Lost: 1, Stacks: []snapshot.Stack{stack}})
	}
	const one = 4 << 10
	if p.Size() > MaxProfileBytes+one*len(kinds) {
		t.Errorf("%d bytes are kept, want %d", p.Size(), MaxProfileBytes)
	}
	sameClasses(t, want, p.Samples())
	if p.Samples().Lost != 20_000 || p.Samples().Hz != 100 {
		t.Errorf("%+v", p.Samples().Lost)
	}
	p.Fold()
	if n := len(p.Samples().Stacks); n > len(kinds) || p.Size() > one*n {
		t.Errorf("%d stacks in %d bytes when they are folded", n, p.Size())
	}
	sameClasses(t, want, p.Samples())
}

// framesOf are the functions given, below others that no other number has, with a main
// of the runtime's at the root.
func framesOf(n int, functions []string) []*snapshot.Frame {
	var frames []*snapshot.Frame
	for _, f := range functions {
		frames = append(frames, &snapshot.Frame{Function: f})
	}
	for depth := range 120 {
		frames = append(frames, &snapshot.Frame{Function: "runtime.goexit", File: "asm.s", Line: (n*7919 + depth*depth) % 3001})
	}
	return append(frames, &snapshot.Frame{Function: fmt.Sprint("runtime.goexit", n)})
}

func sameClasses(t *testing.T, want map[string]uint64, s snapshot.Samples) {
	t.Helper()
	got := map[string]uint64{}
	for _, stack := range s.Stacks {
		class, stage := Stack(stack)
		got[class+stage] += stack.Count
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("samples by class and stage (-entered +kept):\n%s", diff)
	}
}
