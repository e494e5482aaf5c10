package sampler

import (
	"errors"

	"github.com/cilium/ebpf"
)

const (
	maxFrames = 127 // of a stack; bpf/sampler.bpf.c
	// maxKnown is an eighth of what the stack map holds. Three stacks of one hash
	// are samples lost: 0.3 % of them up to so many stacks, 1.2 % with twice as many
	// (docs/accuracy.md).
	maxKnown = 16384 / 8
	// spareBase is added to the number of a stack in the spare map.
	spareBase = 1 << 24
)

// stack is a stack's addresses, the leaf first.
type stack struct {
	addresses []uint64
	age       int // of the maps when it was read
}

// stackCache remembers the stacks that were read from the stack maps, which all
// targets share.
type stackCache struct {
	stacks *ebpf.Map
	spare  *ebpf.Map // for the second stack of a hash
	known  map[int32]*stack
	strays int // stacks of processes that are watched no more, which nobody asks for
	age    int // times that the maps were emptied: numbers mean other stacks then
}

// find returns the stack of a number.
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

// crowded reports whether the maps are to be emptied, before many stacks find no
// place.
func (c *stackCache) crowded() bool { return len(c.known)+c.strays >= maxKnown }

// empty empties the maps, and what is known of them.
func (c *stackCache) empty() {
	empty(c.stacks)
	empty(c.spare)
	clear(c.known)
	c.strays = 0
	c.age++
}

// empty deletes all stacks; what fails stays in its place.
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
