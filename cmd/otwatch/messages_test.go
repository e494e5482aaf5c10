package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// TestMessagesAreHeld holds messages back until release, as many as there is room for.
func TestMessagesAreHeld(t *testing.T) {
	var out bytes.Buffer
	m := newMessages(&out)
	written := func() string {
		if err := m.out.flush(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	io.WriteString(m, "before\n")
	m.hold()
	io.WriteString(m, "no terminal\n")
	if written() != "before\nno terminal\n" {
		t.Errorf("held although they go to no terminal: %q", &out)
	}
	m.terminal = true
	m.hold()
	io.WriteString(m, "held\n")
	io.WriteString(m, strings.Repeat("x", maxHeld))
	if strings.Contains(written(), "held") {
		t.Errorf("not held: %q", &out)
	}
	m.release()
	io.WriteString(m, "after\n")
	m.close()
	if written() != "before\nno terminal\nheld\nafter\notwatch: 1 more messages were dropped\n" {
		t.Errorf("written: %q", &out)
	}
}
