package sampler

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/testtarget"
)

func TestMain(m *testing.M) { testtarget.Main(m) }

func TestHz(t *testing.T) {
	tests := []struct {
		budget float64
		want   int
	}{
		{0.0001, minHz}, {0.01, 156}, {0.02, 312}, {1, MaxHz},
	}
	for _, test := range tests {
		if got := Hz(test.budget); got != test.want {
			t.Errorf("Hz(%g) = %d, want %d", test.budget, got, test.want)
		}
	}
}

func newSampler(t *testing.T, hz int) *Sampler {
	t.Helper()
	testtarget.NeedRoot(t)
	s, err := New(hz)
	if errors.Is(err, ErrCut) {
		t.Skipf("KERNEL TEST NOT RUN: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// watchLoad samples a reference program that is at work.
func watchLoad(t *testing.T) *Watch {
	t.Helper()
	s := newSampler(t, MaxHz)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "50000", "-spans", "1000000")
	process, err := target.Open(program.PID())
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Watch(process, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(); process.Close() })
	program.Begin()
	return w
}

// takeUntil adds up samples until there are enough.
func takeUntil(t *testing.T, w *Watch, enough func(snapshot.Samples) bool) snapshot.Samples {
	t.Helper()
	var total snapshot.Snapshot
	for deadline := time.Now().Add(30 * time.Second); !enough(total.Samples); {
		if time.Now().After(deadline) {
			t.Fatalf("not enough samples: %+v", total.Samples)
		}
		time.Sleep(100 * time.Millisecond)
		taken, err := w.Take()
		if err != nil {
			t.Fatal(err)
		}
		total = total.Merge(snapshot.Snapshot{Samples: taken})
	}
	return total.Samples
}

func kept(s snapshot.Samples) (n uint64) {
	for _, stack := range s.Stacks {
		n += stack.Count
	}
	return n
}

func indexOf(stack snapshot.Stack, function string) int {
	return slices.IndexFunc(stack.Frames, func(f *snapshot.Frame) bool { return f.Function == function })
}

// Before Start has set up its frame, and after it has torn it down, its caller
// cannot be found by frame pointers: it is left out where it is the leaf.
func TestStacksReachFromLeafToRoot(t *testing.T) {
	w := watchLoad(t)
	samples := takeUntil(t, w, func(s snapshot.Samples) bool { return kept(s) >= 300 })
	var starting, rooted uint64
	for _, stack := range samples.Stacks {
		start := indexOf(stack, "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start")
		caller := indexOf(stack, "main.makeSpans")
		if start > 0 {
			starting += stack.Count
		}
		if start > 0 && caller > start {
			rooted += stack.Count
		} else if start > 0 {
			t.Logf("not from main.makeSpans: %v", stack.Frames)
		}
	}
	// On an emulated arm64, 1 of 159 stacks ended in Start, and it is not known why:
	// the log has such a stack.
	if starting < 10 || rooted*50 < starting*49 {
		t.Errorf("of %d samples %d were below Start, of which %d called from main.makeSpans", kept(samples), starting, rooted)
	}
	if samples.Lost > kept(samples)/20 {
		t.Errorf("%d samples were lost of %d", samples.Lost, kept(samples))
	}
}

func TestAShutGateSetsSamplesAside(t *testing.T) {
	w := watchLoad(t)
	if err := w.Gate(true); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Take(); err != nil { // what was sampled before
		t.Fatal(err)
	}
	shut := takeUntil(t, w, func(s snapshot.Samples) bool { return s.SetAside >= 50 })
	if n := kept(shut); n != 0 {
		t.Errorf("%d samples were kept behind a shut gate", n)
	}
	if err := w.Gate(false); err != nil {
		t.Fatal(err)
	}
	takeUntil(t, w, func(s snapshot.Samples) bool { return kept(s) >= 50 })
}

func TestOthersAreNotSampled(t *testing.T) {
	w := watchLoad(t)
	w.Close()
	time.Sleep(200 * time.Millisecond)
	counts := w.sampler.counts
	if err := counts.drain(); err != nil { // what was sampled before
		t.Fatal(err)
	}
	counts.watch(w.tgid())
	time.Sleep(300 * time.Millisecond)
	if taken, err := counts.take(w.tgid(), 0); err != nil || len(taken.samples) != 0 {
		t.Errorf("%d stacks were sampled of a process that is not watched, error %v", len(taken.samples), err)
	}
}

// TestEmptiedMaps empties the maps of stacks as soon as something has been sampled:
// what was taken before keeps its stacks, what comes after is named anew, and
// nothing is lost between.
func TestEmptiedMaps(t *testing.T) {
	w := watchLoad(t)
	makes := func(s snapshot.Samples) bool {
		return kept(s) >= 100 && slices.ContainsFunc(s.Stacks, func(stack snapshot.Stack) bool { return indexOf(stack, "main.makeSpans") >= 0 })
	}
	time.Sleep(300 * time.Millisecond)
	stacks := w.sampler.counts.stacks
	for age := 1; age <= 3; age++ { // what is lost in emptying shows the next time
		stacks.strays = maxKnown
		samples := takeUntil(t, w, makes)
		if stacks.age < age || len(stacks.known) > maxKnown/2 && !testtarget.Emulated() {
			t.Fatalf("%d stacks are known, emptied %d times", len(stacks.known), stacks.age)
		}
		if samples.Lost > kept(samples)/50 && !testtarget.Emulated() { // there stacks wait for so long that they are thinned

			t.Errorf("%d samples were lost, and %d kept", samples.Lost, kept(samples))
		}
	}
}

// Where a sample was taken, with what was inlined there, shows to the line.
func TestFramesHaveLines(t *testing.T) {
	w := watchLoad(t)
	samples := takeUntil(t, w, func(s snapshot.Samples) bool { return kept(s) >= 100 })
	lined, frames := 0, 0
	for _, stack := range samples.Stacks {
		for _, f := range stack.Frames {
			if frames++; f.File != "" && f.Line > 0 {
				lined++
			}
		}
		if i := indexOf(stack, "main.makeSpans"); i >= 0 && !strings.HasSuffix(stack.Frames[i].File, "/main.go") {
			t.Errorf("main.makeSpans is in %s", stack.Frames[i].File)
		}
	}
	if lined < frames*9/10 {
		t.Errorf("%d of %d frames have a line", lined, frames)
	}
}
