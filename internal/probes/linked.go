package probes

import (
	"io"
	"sync"
)

// linked is a group's probes in place. Their hits stop within milliseconds of when
// their removal begins, which takes some tens of them to end.
type linked struct {
	link    io.Closer
	removal sync.Once
	removed chan struct{}
	err     error // once they are removed
}

func newLinked(link io.Closer) *linked { return &linked{link: link, removed: make(chan struct{})} }

// remove begins the removal, unless it has begun.
func (l *linked) remove() {
	l.removal.Do(func() {
		go func() {
			l.err = l.link.Close()
			close(l.removed)
		}()
	})
}

// gone waits for the removal.
func (l *linked) gone() error {
	<-l.removed
	return l.err
}
