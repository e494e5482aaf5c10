package target

import (
	"slices"
	"sync"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxFrames bounds the addresses of an executable whose frames are remembered.
const maxFrames = 1 << 14

// frameCache remembers frames: all processes of an executable are sampled at the
// same places of it. A place that is new mostly is in a function that is not, which
// takes no search in the executable then.
type frameCache struct {
	mu        sync.Mutex
	known     map[uint64][]*snapshot.Frame // by address
	functions []entry                      // of the addresses known, ascending
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
		c.known, c.functions = map[uint64][]*snapshot.Frame{}, nil
	}
	c.known[address] = frames
}

// function is the one at an offset from runtime.text, which search finds if it is not
// known.
func (c *frameCache) function(offset uint32, search func(offset uint32) (entry, error)) (entry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	after, _ := slices.BinarySearchFunc(c.functions, offset, func(e entry, offset uint32) int {
		if e.start <= offset {
			return -1
		}
		return 1
	})
	if after > 0 && offset < c.functions[after-1].end {
		return c.functions[after-1], nil
	}
	found, err := search(offset)
	if err == nil {
		c.functions = slices.Insert(c.functions, after, found)
	}
	return found, err
}
