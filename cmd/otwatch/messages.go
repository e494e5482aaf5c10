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

// maxHeld limits the messages that are held back while the live view is on the screen.
const maxHeld = 64 << 10

// messages is the destination of the log. While the live view is on the same terminal,
// messages are held back, and written when the view has ended. Only last waits until
// they are written. Safe for concurrent use.
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

// Write never fails and never waits. It counts the messages for which there is no room.
func (m *messages) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case !m.holding:
		_, _ = m.out.Write(p) // it counts what has no room
	case m.held.Len()+len(p) > maxHeld:
		m.left++
	default:
		m.held.Write(p)
	}
	return len(p), nil
}

// hold begins to hold messages back, if they go to a terminal.
func (m *messages) hold() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.holding = m.terminal
}

// release writes the messages that were held back.
func (m *messages) release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.holding = false
	_, _ = m.out.Write(m.held.Bytes())
	m.held.Reset()
}

// close writes the messages that were held back and the number of those left out, and
// waits until they are written.
func (m *messages) close() {
	m.release()
	if left := m.left + m.out.missed(); left > 0 {
		m.last("otwatch: %d more messages were dropped\n", left)
		return
	}
	_ = m.out.flush() // an error cannot be reported anywhere else
}

// last writes a message and waits until it is written: the last thing before the end.
func (m *messages) last(format string, arguments ...any) {
	_ = m.out.last(fmt.Appendf(nil, format, arguments...)) // as above
}
