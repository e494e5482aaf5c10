package sampler

import (
	"errors"

	"github.com/cilium/ebpf"
)

const (
	maxFrames = 127 // of a stack; bpf/sampler.bpf.c
	// maxKnown is an eighth of what the stack map has room for. A sample is lost if
	// three stacks have one hash: 0.3 % of samples with up to so many stacks, 1.2 % with
	// twice as many (docs/accuracy.md).
	maxKnown = 16384 / 8
	// spareBase is added to the number of a stack in the spare map.
	spareBase = 1 << 24
)

// stack is a stack's addresses, the leaf first.
type stack struct {
	addresses []uint64
	age       int // of the maps, when the stack was read
}

// stackCache caches the stacks that were read from the stack maps, which all targets
// share.
type stackCache struct {
	stacks *ebpf.Map
	spare  *ebpf.Map // for the second stack of a hash
	known  map[int32]*stack
	strays int // stacks of processes that are no longer watched
	age    int // how often the maps were emptied: then numbers stand for other stacks
}

// find returns the stack with a number.
func (c *stackCache) find(id int32) (*stack, error) {
	if known, ok := c.known[id]; ok {
		return known, nil
	}
	stacks, key := c.stacks, uint32(id)
	if id >= spareBase {
		stacks, key = c.spare, uint32(id-spareBase)
	}
	var addresses [maxFrames]uint64
	if err := stacks.Lookup(key, &addresses); err != nil {
		return nil, err
	}
	depth := 0
	for depth < maxFrames && addresses[depth] != 0 {
		depth++
	}
	if depth == 0 {
		return nil, errors.New("an empty stack")
	}
	found := &stack{addresses: append([]uint64{}, addresses[:depth]...), age: c.age}
	c.known[id] = found
	return found, nil
}

// crowded reports whether the maps should be emptied: soon stacks would be lost.
func (c *stackCache) crowded() bool { return len(c.known)+c.strays >= maxKnown }

// empty empties the maps and the cache.
func (c *stackCache) empty() {
	empty(c.stacks)
	empty(c.spare)
	clear(c.known)
	c.strays = 0
	c.age++
}

// empty deletes all stacks. What cannot be deleted stays.
func empty(stacks *ebpf.Map) {
	var keys []uint32
	var key uint32
	for err := stacks.NextKey(nil, &key); err == nil; err = stacks.NextKey(key, &key) {
		keys = append(keys, key)
	}
	for _, key := range keys {
		_ = stacks.Delete(key)
	}
}
