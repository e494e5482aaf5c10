package main

import (
	"context"

	"golang.org/x/sys/unix"
)

// hangups are the SIGHUPs that ask otwatch to read its configuration again. One that comes
// because the terminal was closed does not: it asks otwatch to end.
type hangups struct {
	asked    chan struct{} // holds one element
	taken    bool          // there is a configuration to read
	terminal bool          // otwatch was started from a terminal
}

func newHangups(taken bool) *hangups {
	return &hangups{make(chan struct{}, 1), taken, hasTerminal()}
}

// hasTerminal reports whether otwatch has a controlling terminal. The kernel takes it away
// when the terminal is closed, before it sends SIGHUP.
func hasTerminal() bool {
	fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err == nil {
		_ = unix.Close(fd)
	}
	return err == nil
}

// take takes in a SIGHUP, unless it asks otwatch to end.
func (h *hangups) take() bool {
	if !h.taken || h.terminal && !hasTerminal() {
		return false
	}
	select {
	case h.asked <- struct{}{}:
	default: // the one that waits will read what is there now
	}
	return true
}

// each calls reload for those that were taken in, until ctx ends.
func (h *hangups) each(ctx context.Context, reload func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.asked:
			reload()
		}
	}
}
