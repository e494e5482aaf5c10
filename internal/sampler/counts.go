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

// taken are samples of one process, by their stacks.
type taken struct {
	samples map[*stack]uint64
	lost    uint64 // whose stack could not be read
}

// watch begins to keep a process's counts, and forget ends it.
func (c *counts) watch(tgid uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending[tgid] = &taken{samples: map[*stack]uint64{}}
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
	if time.Since(c.drained) >= age {
		c.drained = time.Now()
		if err := c.drain(); err != nil {
			return taken{}, err
		}
	}
	pending := *c.pending[tgid]
	c.pending[tgid] = &taken{samples: make(map[*stack]uint64, len(pending.samples))}
	return pending, nil
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
		of.samples[stack] += n
	}
}
