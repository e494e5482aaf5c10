package sampler

import (
	"errors"
	"testing"

	"github.com/cilium/ebpf"
)

// TestCutStacksAreFound asks for stacks that are deeper than there are.
func TestCutStacksAreFound(t *testing.T) {
	s := newSampler(t, MaxHz)
	if err := s.tryStacks(maxFrames + 1); !errors.Is(err, ErrCut) || !errors.Is(err, ebpf.ErrNotSupported) {
		t.Errorf("error %v, want %v", err, ErrCut)
	}
	for name, m := range map[string]*ebpf.Map{"gates": s.objects.Gates, "counters": s.objects.Counters} {
		next := make([]byte, m.KeySize())
		if err := m.NextKey(nil, &next); !errors.Is(err, ebpf.ErrKeyNotExist) {
			t.Errorf("map %s still has an entry: %v", name, err)
		}
	}
}
