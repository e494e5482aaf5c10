package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// maxHeld bounds the messages that are held while the live view is on the screen.
const maxHeld = 64 << 10

// messages is where the log goes. While the live view is on the terminal that it
// goes to, it is held, and written when the view is gone. Safe for concurrent use.
type messages struct {
	mu      sync.Mutex
	out     io.Writer
	holding bool
	held    bytes.Buffer
	left    int // messages that found no room
}

func newMessages(stderr io.Writer) *messages { return &messages{out: stderr} }

// Write never fails while messages are held; what is too much is counted.
func (m *messages) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.holding {
		return m.out.Write(p)
	}
	if m.held.Len()+len(p) > maxHeld {
		m.left++
		return len(p), nil
	}
	return m.held.Write(p)
}

// hold begins to hold messages, if they go to a terminal.
func (m *messages) hold() {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.out
	if lines, ok := out.(untrusted.Lines); ok {
		out = lines.W
	}
	file, ok := out.(*os.File)
	m.holding = ok && term.IsTerminal(int(file.Fd()))
}

// release writes what was held.
func (m *messages) release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.holding = false
	_, _ = m.held.WriteTo(m.out)
	if m.left > 0 {
		fmt.Fprintf(m.out, "otwatch: %d more messages were left out\n", m.left)
		m.left = 0
	}
}
