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
// goes to, it is held, and written when the view is gone. Nobody waits for it to be
// written but who calls last. Safe for concurrent use.
type messages struct {
	out      *outlet
	terminal bool

	mu      sync.Mutex
	holding bool
	held    bytes.Buffer
	left    uint64 // messages that found no room
}

func newMessages(stderr io.Writer) *messages {
	under := stderr
	if lines, ok := stderr.(untrusted.Lines); ok {
		under = lines.W
	}
	file, ok := under.(*os.File)
	return &messages{out: newOutlet(stderr), terminal: ok && term.IsTerminal(int(file.Fd()))}
}

// Write never fails, and never waits; what is too much is counted.
func (m *messages) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case !m.holding:
		_, _ = m.out.Write(p) // which counts what finds no room
	case m.held.Len()+len(p) > maxHeld:
		m.left++
	default:
		m.held.Write(p)
	}
	return len(p), nil
}

// hold begins to hold messages, if they go to a terminal.
func (m *messages) hold() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.holding = m.terminal
}

// release writes what was held.
func (m *messages) release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.holding = false
	_, _ = m.out.Write(m.held.Bytes())
	m.held.Reset()
}

// close writes what was held, how much was left out, and waits for it.
func (m *messages) close() {
	m.release()
	if left := m.left + m.out.missed(); left > 0 {
		m.last("otwatch: %d more messages were dropped\n", left)
		return
	}
	_ = m.out.flush() // there is no other place to say it
}

// last writes a message, and waits for it, as the last thing before the end.
func (m *messages) last(format string, arguments ...any) {
	_ = m.out.last(fmt.Appendf(nil, format, arguments...)) // as above
}
