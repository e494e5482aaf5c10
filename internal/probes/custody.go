package probes

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/otwatch/otwatch/internal/guard"
)

// restarts is how often a guard that has ended is replaced.
const restarts = 1

// custody has a guard hold links, so that probes are removed when nobody renews their
// leases, even while otwatch is stopped. If no guard process can run, otwatch itself
// removes them, as long as it runs. Safe for concurrent use.
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

// living returns a guard that has not ended, as far as is known.
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

// startNext starts a guard process or, if none can run, a guard within otwatch. The
// caller holds mu.
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

// warnOnce keeps the first warning, and passes it on if Warn was called. The caller holds
// mu.
func (c *custody) warnOnce(warning error) {
	if c.warning != nil {
		return
	}
	if c.warning = warning; c.warn != nil {
		c.warn(warning)
	}
}

// hold makes links and has a guard hold them. If the guard ends meanwhile, the lease has
// run out.
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

// Warn has f called once if probes are not guarded: now, if that is known already.
func (s *Session) Warn(f func(error)) {
	s.custody.mu.Lock()
	defer s.custody.mu.Unlock()
	s.custody.warn = f
	if s.custody.warning != nil {
		f(s.custody.warning)
	}
}

// suspending is how long to wait for probes that are being placed when otwatch is about
// to stop. What is placed later is removed when its lease runs out.
const suspending = time.Second

// Suspend removes all probes, as if their leases had run out, and calls stop, which stops
// otwatch. No probe is placed until stop returns.
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

// GuardCPU is the CPU time that guard processes have used.
func (s *Session) GuardCPU() time.Duration {
	s.custody.mu.Lock()
	defer s.custody.mu.Unlock()
	return s.custody.before + s.custody.guard.CPU()
}

// GuardResident is the resident memory of the guard process, in bytes.
func (s *Session) GuardResident() uint64 {
	s.custody.mu.Lock()
	defer s.custody.mu.Unlock()
	return s.custody.guard.Resident()
}
