package sampler

import (
	"sync"

	"github.com/cilium/ebpf"
)

const (
	maxFrames = 127 // of a stack; bpf/sampler.bpf.c
	// maxKnown is half of what the stack map holds: from then on three stacks of
	// one hash, which is samples lost, would become frequent.
	maxKnown = 16384 / 2
	// spareBase is added to the number of a stack in the spare map.
	spareBase = 1 << 24
)

// stackCache remembers the stacks that were read from the stack map, which all
// targets share. Safe for concurrent use.
type stackCache struct {
	stacks *ebpf.Map
	spare  *ebpf.Map // for the second stack of a hash
	mu     sync.Mutex
	known  map[int32][]uint64
	age    int // times that the maps were emptied: numbers mean other stacks then
}

// place is where a stack is kept: the map, and its key there.
func (c *stackCache) place(id int32) (*ebpf.Map, uint32) {
	if id >= spareBase {
		return c.spare, uint32(id - spareBase)
	}
	return c.stacks, uint32(id)
}

// find returns a stack's addresses, the leaf first, and the maps' age.
func (c *stackCache) find(id int32) ([]uint64, int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stack, ok := c.known[id]; ok {
		return stack, c.age, nil
	}
	var addresses [maxFrames]uint64
	stacks, key := c.place(id)
	if err := stacks.Lookup(key, &addresses); err != nil {
		return nil, c.age, err
	}
	depth := 0
	for depth < maxFrames && addresses[depth] != 0 {
		depth++
	}
	stack := append([]uint64{}, addresses[:depth]...)
	c.known[id] = stack
	return stack, c.age, nil
}

// forget empties the stack map, and what is known of it, when it is half full.
func (c *stackCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) < maxKnown {
		return
	}
	for id := range c.known {
		stacks, key := c.place(id)
		_ = stacks.Delete(key) // if that fails it only stays known to the map
	}
	clear(c.known)
	c.age++
}
