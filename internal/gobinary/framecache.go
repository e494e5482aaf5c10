package gobinary

import (
	"slices"
	"sync"
	"time"
	"unsafe"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// frameCache remembers frames: all processes of an executable are sampled at the
// same places of it. A place that is new mostly is in a function that is not, which
// takes no search in the executable then. Frames share their names. When it is full it
// forgets all.
type frameCache struct {
	mu        sync.Mutex
	known     map[uint64][]*snapshot.Frame // by address
	functions []entry                      // of the addresses known, ascending
	texts     map[uint64]string            // names, by offset in the function table
	bytes     int                          // about, of all these

	spent *untrusted.Budget // for looking up what is not known, since began
	began time.Time
}

// budget is what all lookups may cost for some time: a program chooses what is on its
// stacks.
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
	const place, each = 64, int(unsafe.Sizeof(snapshot.Frame{}) + unsafe.Sizeof(&snapshot.Frame{}))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.makeRoom(place + each*len(frames))
	c.known[address] = frames
}

// makeRoom forgets everything if there is no room for size bytes more.
func (c *frameCache) makeRoom(size int) {
	if c.bytes += size; c.known == nil || c.bytes > maxFrameBytes || len(c.known) >= maxFrames {
		c.known, c.texts, c.functions = map[uint64][]*snapshot.Frame{}, map[uint64]string{}, nil
		c.bytes = size
	}
}

// text is the one at an offset, which read reads if it is not known.
func (c *frameCache) text(offset uint64, read func() (string, error)) (string, error) {
	const place = 48
	c.mu.Lock()
	defer c.mu.Unlock()
	if text, ok := c.texts[offset]; ok {
		return text, nil
	}
	text, err := read()
	if err == nil {
		c.makeRoom(place + len(text))
		c.texts[offset] = text
	}
	return text, err
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
		c.makeRoom(int(unsafe.Sizeof(entry{})))
		c.functions = slices.Insert(c.functions, min(after, len(c.functions)), found)
	}
	return found, err
}
