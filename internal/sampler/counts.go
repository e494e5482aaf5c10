package sampler

import (
	"errors"
	"sync"
	"time"

	"github.com/cilium/ebpf"
)

const (
	// countBatch is how many entries of the map of samples are read with one system
	// call.
	countBatch = 1024
	// sharedAge is how long one emptying of the map serves all targets that ask.
	sharedAge = 50 * time.Millisecond
	// maxWaiting bounds the different stacks of all processes that wait for Take, a
	// kilobyte each at most. A process may have a part of them, within bounds.
	maxWaiting              = 1 << 14
	leastWaiting, atTheMost = 128, 1 << 12
)

// counts empties the map of samples, which all targets share, when one of them asks, and
// keeps the samples of the others until they ask. Safe for concurrent use.
type counts struct {
	samples *ebpf.Map
	stacks  *stackCache
	paused  func(do func() error) error // calls do while no sample is taken
	mu      sync.Mutex
	drained time.Time
	pending map[uint32]*taken // by tgid, of watched processes
	keys    [countBatch]bpfStackKey
	values  [countBatch]uint64
}

// keep empties the map regularly, until stop is closed. Otherwise, while targets ask
// seldom, the stacks of one process would fill the map, and those of others would be
// lost.
func (c *counts) keep(every time.Duration, stop <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			c.mu.Lock()
			_ = c.drainOlder(every / 2) // the next take returns the error
			c.mu.Unlock()
		}
	}
}

// watch begins to keep a process's samples. forget ends it.
func (c *counts) watch(tgid uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending[tgid] = newTaken(0)
}

func (c *counts) forget(tgid uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, tgid)
}

// take returns a watched process's samples since the last call, without the most recent
// ones if the map was emptied within age.
func (c *counts) take(tgid uint32, age time.Duration) (taken, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.drainOlder(age); err != nil {
		return taken{}, err
	}
	pending := *c.pending[tgid]
	pending.age = c.stacks.age
	c.pending[tgid] = newTaken(len(pending.samples))
	return pending, nil
}

// drainOlder calls drain, unless that was done within age.
func (c *counts) drainOlder(age time.Duration) error {
	if time.Since(c.drained) < age {
		return nil
	}
	if err := c.drain(); err != nil {
		return err
	}
	c.drained = time.Now()
	return nil
}

// drain empties the map of samples, and the maps of stacks before they are too full.
// Sampling is paused meanwhile, since the stacks would be lost.
func (c *counts) drain() error {
	if err := c.drainSamples(); err != nil || !c.stacks.crowded() {
		return err
	}
	return c.paused(func() error {
		defer c.stacks.empty()
		return c.drainSamples()
	})
}

// drainSamples empties the map of samples and looks every stack up: stack numbers are
// invalid after the maps of stacks are emptied.
func (c *counts) drainSamples() error {
	var cursor ebpf.MapBatchCursor
	for {
		n, err := c.samples.BatchLookupAndDelete(&cursor, c.keys[:], c.values[:], nil)
		if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return err
		}
		for i, key := range c.keys[:n] {
			c.add(key, c.values[i])
		}
		if err != nil {
			return nil // that was the last of them
		}
	}
}

func (c *counts) add(key bpfStackKey, n uint64) {
	of := c.pending[key.Tgid]
	if of == nil {
		c.stacks.strays++
		return
	}
	if stack, err := c.stacks.find(key.Stack); err != nil {
		of.lost += n
	} else {
		of.add(stack, n, min(max(maxWaiting/len(c.pending), leastWaiting), atTheMost))
	}
}
