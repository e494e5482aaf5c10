package sampler

import (
	"errors"
	"sync"
	"time"

	"github.com/cilium/ebpf"
)

const (
	// countBatch is how many entries of the map of samples one system call takes.
	countBatch = 1024
	// sharedAge is how old what was last taken out of the map may be for those
	// who share it.
	sharedAge = 50 * time.Millisecond
	// maxWaiting bounds the different stacks of all processes that wait to be taken, a
	// kilobyte each at the most; a process has its part of them, within bounds.
	maxWaiting              = 1 << 14
	leastWaiting, atTheMost = 128, 1 << 12
)

// counts empties the map of samples, which all targets share, for whichever of
// them asks, and keeps what is the others' until they do. Safe for concurrent
// use.
type counts struct {
	samples *ebpf.Map
	stacks  *stackCache
	paused  func(do func() error) error // does it with no sample taken meanwhile
	mu      sync.Mutex
	drained time.Time
	pending map[uint32]*taken // by tgid of those watched
	keys    [countBatch]bpfStackKey
	values  [countBatch]uint64
}

// keep empties the map every so often, until stop is closed: between the takings of
// targets that are looked at seldom, one process's stacks would fill it, and the others'
// be lost.
func (c *counts) keep(every time.Duration, stop <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			c.mu.Lock()
			_ = c.drainOlder(every / 2) // whoever takes next is told
			c.mu.Unlock()
		}
	}
}

// watch begins to keep a process's counts, and forget ends it.
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

// take returns a watched process's samples since the last call, but for those of
// the last moments, so old.
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

// drainOlder drains, unless that was done a short time ago.
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

// drain takes all entries out of the map, and empties the maps of stacks before
// many find no place. Nothing is sampled then: its stack would be lost.
func (c *counts) drain() error {
	if err := c.drainSamples(); err != nil || !c.stacks.crowded() {
		return err
	}
	return c.paused(func() error {
		defer c.stacks.empty()
		return c.drainSamples()
	})
}

// drainSamples takes all entries out of the map, each with its stack: what its
// number means ends when the maps of stacks are emptied.
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
