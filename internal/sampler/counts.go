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
	mu      sync.Mutex
	drained time.Time
	pending map[uint32]map[int32]uint64 // samples by stack, by tgid of those watched
	keys    [countBatch]bpfStackKey
	values  [countBatch]uint64
}

// watch begins to keep a process's counts, and forget ends it.
func (c *counts) watch(tgid uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending[tgid] = map[int32]uint64{}
}

func (c *counts) forget(tgid uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, tgid)
}

// take returns a watched process's samples, by the number of their stack, since
// the last call, but for those of the last moments, so old.
func (c *counts) take(tgid uint32, age time.Duration) (map[int32]uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.drained) >= age {
		c.drained = time.Now()
		if err := c.drain(); err != nil {
			return nil, err
		}
	}
	taken := c.pending[tgid]
	if len(taken) > 0 {
		c.pending[tgid] = make(map[int32]uint64, len(taken))
	}
	return taken, nil
}

// drain takes all entries out of the map.
func (c *counts) drain() error {
	var cursor ebpf.MapBatchCursor
	for {
		n, err := c.samples.BatchLookupAndDelete(&cursor, c.keys[:], c.values[:], nil)
		if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return err
		}
		for i, key := range c.keys[:n] {
			if of := c.pending[key.Tgid]; of != nil {
				of[key.Stack] += c.values[i]
			}
		}
		if err != nil {
			return nil // that was the last of them
		}
	}
}
