package classify

import (
	"sync"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxCached is how many stacks are remembered at most: a target has a few thousand.
const maxCached = 1 << 15

// classified caches the details of stacks by ID, since the same stacks are sampled in every
// interval.
var classified = cache{kept: map[uint64]details{}}

type cache struct {
	mu   sync.Mutex
	kept map[uint64]details
}

// of returns the details of a stack that NewStack made.
func (c *cache) of(stack snapshot.Stack) details {
	if v, ok := others[stack.ID]; ok {
		return v
	}
	c.mu.Lock()
	v, ok := c.kept[stack.ID]
	c.mu.Unlock()
	if ok {
		return v
	}
	v = detailsOf(stack.Frames)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= maxCached {
		clear(c.kept)
	}
	c.kept[stack.ID] = v
	return v
}
