package snapshot

import (
	"hash/maphash"
	"testing"
)

func TestStacksAreToldApartByTheirFrames(t *testing.T) {
	leaf, caller := &Frame{Function: "main.leaf", File: "main.go", Line: 3}, &Frame{Function: "main.caller", File: "main.go", Line: 9}
	stack := NewStack(1, leaf, caller)
	if again := NewStack(7, leaf, caller); again.ID != stack.ID {
		t.Errorf("the same frames are %#x and %#x", stack.ID, again.ID)
	}
	for name, other := range map[string]Stack{
		"no frames":      NewStack(1),
		"a frame less":   NewStack(1, leaf),
		"another order":  NewStack(1, caller, leaf),
		"another line":   NewStack(1, &Frame{Function: "main.leaf", File: "main.go", Line: 4}, caller),
		"another file":   NewStack(1, &Frame{Function: "main.leaf", File: "leaf.go", Line: 3}, caller),
		"joined names":   NewStack(1, &Frame{Function: "main.leafmain.go", Line: 3}, caller),
		"an empty frame": NewStack(1, leaf, &Frame{}, caller),
	} {
		if other.ID == stack.ID {
			t.Errorf("%s: %#x, as before", name, other.ID)
		}
	}
}

// TestIDsCannotBeForeseen by hashing the frames with a hash that anybody knows.
func TestIDsCannotBeForeseen(t *testing.T) {
	before := NewStack(1, &Frame{Function: "main.main"}).ID
	old := seed
	t.Cleanup(func() { seed = old })
	seed = maphash.MakeSeed()
	if NewStack(1, &Frame{Function: "main.main"}).ID == before {
		t.Error("a stack has the same ID in another run")
	}
}
