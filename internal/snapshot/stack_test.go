package snapshot

import "testing"

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
