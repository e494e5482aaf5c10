package target

import (
	"sync"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxFrames bounds the addresses of an executable whose frames are remembered.
const maxFrames = 1 << 14

// frameCache remembers frames: all processes of an executable are sampled at the
// same places of it.
type frameCache struct {
	mu    sync.Mutex
	known map[uint64][]*snapshot.Frame // by address
}

func (c *frameCache) get(address uint64) ([]*snapshot.Frame, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	frames, ok := c.known[address]
	return frames, ok
}

func (c *frameCache) put(address uint64, frames []*snapshot.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxFrames {
		c.known = map[uint64][]*snapshot.Frame{}
	}
	c.known[address] = frames
}
