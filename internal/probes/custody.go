package probes

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/otwatch/otwatch/internal/guard"
)

// restarts is how often a guard is started in place of one that has ended.
const restarts = 1

// custody has links held by a guard, so that probes go when nobody looks after them,
// also while otwatch is stopped. Where no process can be had for it, otwatch does it
// itself, as long as it runs. Safe for concurrent use.
type custody struct {
	start func() (*guard.Guard, error)

	opening sync.RWMutex // held for writing while otwatch is about to stop

	mu      sync.Mutex
	guard   *guard.Guard // never nil, but it may have ended
	started int
	before  time.Duration // CPU time of guards before
	warn    func(error)
	warning error // the guard's process cannot run
}

func newCustody() (*custody, error) {
	c := &custody{start: guard.Start}
	if _, err := c.living(); err != nil {
		return nil, err
	}
	return c, nil
}

// living returns a guard that lives, as far as is known.
func (c *custody) living() (*guard.Guard, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.guard != nil && !c.guard.Dead() {
		return c.guard, nil
	}
	next, err := c.startNext()
	if err != nil {
		return nil, err
	}
	if c.guard != nil {
		c.before += c.guard.CPU()
		_ = c.guard.Close()
	}
	c.guard = next
	return next, nil
}

// startNext starts a guard's process or, where none can run, a guard within otwatch.
// The caller holds mu.
func (c *custody) startNext() (*guard.Guard, error) {
	err := guard.ErrDead
	for c.started <= restarts && err != nil {
		var next *guard.Guard
		c.started++
		if next, err = c.start(); err == nil {
			return next, nil
		}
	}
	c.warnOnce(fmt.Errorf("the guard process cannot run, so probes stay in place while otwatch is stopped: %w", err))
	return guard.Local()
}

// warnOnce keeps the first warning, and hands it on if somebody has asked for it. The
// caller holds mu.
func (c *custody) warnOnce(warning error) {
	if c.warning != nil {
		return
	}
	if c.warning = warning; c.warn != nil {
		c.warn(warning)
	}
}

// hold has links made, and held. If the guard ends meanwhile they have lapsed.
func (c *custody) hold(lease time.Duration, link func() (links, error)) (*guard.Held, error) {
	c.opening.RLock()
	defer c.opening.RUnlock()
	g, err := c.living()
	if err != nil {
		return nil, err
	}
	held, err := g.Reserve(lease)
	if held == nil {
		return nil, err
	}
	made, err := link()
	if err != nil {
		return nil, errors.Join(err, held.Close())
	}
	if err := made.descriptors(held.Take); err != nil && !errors.Is(err, guard.ErrDead) {
		return nil, errors.Join(err, made.Close(), held.Close())
	}
	err = made.Close()
	held.Handed(lease)
	if err != nil {
		return nil, errors.Join(err, held.Close())
	}
	return held, nil
}

// Close closes all that is held.
func (c *custody) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.guard.Close()
}

// Warn has f called when probes are not guarded, once, at once if they are not by now.
func (s *Session) Warn(f func(error)) {
	s.custody.mu.Lock()
	defer s.custody.mu.Unlock()
	s.custody.warn = f
	if s.custody.warning != nil {
		f(s.custody.warning)
	}
}

// suspending is how long probes may take that are just being placed when otwatch is to
// stop. What is placed later goes as its lease runs out.
const suspending = time.Second

// Suspend removes all probes, as if nobody had looked after them, and calls stop, in
// which otwatch stops. Until that returns none is placed.
func (s *Session) Suspend(stop func()) {
	c := s.custody
	for deadline := time.Now().Add(suspending); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if c.opening.TryLock() {
			defer c.opening.Unlock()
			break
		}
	}
	c.mu.Lock()
	g := c.guard
	c.mu.Unlock()
	g.LapseAll()
	stop()
}

// GuardCPU is the CPU time that the guard's process has used.
func (s *Session) GuardCPU() time.Duration {
	s.custody.mu.Lock()
	defer s.custody.mu.Unlock()
	return s.custody.before + s.custody.guard.CPU()
}

// GuardResident is the memory in bytes that the guard's process holds.
func (s *Session) GuardResident() uint64 {
	s.custody.mu.Lock()
	defer s.custody.mu.Unlock()
	return s.custody.guard.Resident()
}
