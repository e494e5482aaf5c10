package classify

import (
	"testing"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// What is remembered of a stack is what it says.
func TestVerdictsAreRemembered(t *testing.T) {
	m := cache{kept: map[uint64]details{}}
	for n := range maxCached + 10 {
		s := snapshot.NewStack(1, &snapshot.Frame{Function: sdk + ".(*tracer).Start"}, &snapshot.Frame{Function: "main.handle", Line: n})
		for range 2 {
			if got, want := m.of(s), detailsOf(s.Frames); got != want {
				t.Fatalf("stack %d: %+v, want %+v", n, got, want)
			}
		}
	}
	if len(m.kept) > maxCached {
		t.Errorf("%d are remembered", len(m.kept))
	}
}

func TestClassNames(t *testing.T) {
	for class, name := range classNames {
		if name == "" {
			t.Errorf("class %d has no name", class)
		}
	}
	if class, stage := Stack(testsnapshot.Stack(1, sdk+".(*tracer).Start", "main.handle")); class != "tracing" || stage != StageCreate {
		t.Errorf("%s, %s", class, stage)
	}
}
