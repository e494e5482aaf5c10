package gobinary

import (
	"slices"
	"sync"
	"time"
	"unsafe"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// frameCache caches frames: all processes of an executable are sampled at the same
// addresses. A new address mostly lies in a function that is cached, which saves a search
// in the executable. Frames share their names. When the cache is full it is emptied.
type frameCache struct {
	mu        sync.Mutex
	known     map[uint64][]*snapshot.Frame // by address
	functions []entry                      // of known addresses, ascending
	texts     map[uint64]string            // names, by offset in the function table
	bytes     int                          // of all these, about

	spent *untrusted.Budget // on lookups since began
	began time.Time
}

// budget bounds what all lookups may cost within lookupsTime: a program decides itself
// what is on its stacks.
func (c *frameCache) budget(now time.Time) *untrusted.Budget {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.spent == nil || now.Sub(c.began) > lookupsTime {
		c.spent, c.began = untrusted.NewBudget(lookups), now
	}
	return c.spent
}

func (c *frameCache) get(address uint64) ([]*snapshot.Frame, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	frames, ok := c.known[address]
	return frames, ok
}

func (c *frameCache) put(address uint64, frames []*snapshot.Frame) {
	const key, each = 64, int(unsafe.Sizeof(snapshot.Frame{}) + unsafe.Sizeof(&snapshot.Frame{}))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.makeRoom(key + each*len(frames))
	c.known[address] = frames
}

// makeRoom empties the cache if there is no room for size bytes more.
func (c *frameCache) makeRoom(size int) {
	if c.bytes += size; c.known == nil || c.bytes > maxFrameBytes || len(c.known) >= maxFrames {
		c.known, c.texts, c.functions = map[uint64][]*snapshot.Frame{}, map[uint64]string{}, nil
		c.bytes = size
	}
}

// text returns the text at an offset, and calls read if it is not cached.
func (c *frameCache) text(offset uint64, read func() (string, error)) (string, error) {
	const key = 48
	c.mu.Lock()
	defer c.mu.Unlock()
	if text, ok := c.texts[offset]; ok {
		return text, nil
	}
	text, err := read()
	if err == nil {
		c.makeRoom(key + len(text))
		c.texts[offset] = text
	}
	return text, err
}

// function returns the function at an offset from runtime.text, and calls search if it is
// not cached.
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
		c.makeRoom(int(unsafe.Sizeof(entry{})))
		c.functions = slices.Insert(c.functions, min(after, len(c.functions)), found)
	}
	return found, err
}
