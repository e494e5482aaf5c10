package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// TestMessagesAreHeld until they are released, as many as there is room for.
func TestMessagesAreHeld(t *testing.T) {
	var out bytes.Buffer
	m := newMessages(&out)
	io.WriteString(m, "before\n")
	m.hold()
	io.WriteString(m, "no terminal\n")
	if out.String() != "before\nno terminal\n" {
		t.Errorf("held although they go to no terminal: %q", &out)
	}
	m.holding = true
	io.WriteString(m, "held\n")
	io.WriteString(m, strings.Repeat("x", maxHeld))
	if strings.Contains(out.String(), "held") {
		t.Errorf("not held: %q", &out)
	}
	m.release()
	io.WriteString(m, "after\n")
	if out.String() != "before\nno terminal\nheld\notwatch: 1 more messages were left out\nafter\n" {
		t.Errorf("written: %q", &out)
	}
}
