package gobinary

import (
	"fmt"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestFrameCacheIsBounded in bytes, whatever is put into it.
func TestFrameCacheIsBounded(t *testing.T) {
	name := strings.Repeat("n", maxShownName)
	frames := make([]*snapshot.Frame, maxInlined)
	for _, test := range []struct {
		name string
		put  func(c *frameCache, i int)
	}{
		{"addresses", func(c *frameCache, i int) { c.put(uint64(i), nil) }},
		{"frames", func(c *frameCache, i int) { c.put(uint64(i), frames) }},
		{"names", func(c *frameCache, i int) {
			_, _ = c.text(uint64(i), func() (string, error) { return name + fmt.Sprint(i), nil })
		}},
		{"functions", func(c *frameCache, i int) {
			_, _ = c.function(uint32(i), func(offset uint32) (entry, error) { return entry{start: offset, end: offset + 1}, nil })
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &frameCache{}
			for i := range 1 << 17 {
				test.put(c, i)
				if c.bytes > maxFrameBytes || len(c.known) > maxFrames {
					t.Fatalf("%d bytes, %d addresses", c.bytes, len(c.known))
				}
			}
		})
	}
}

// TestFramesShareNames reads a name once.
func TestFramesShareNames(t *testing.T) {
	c, reads := &frameCache{}, 0
	for range 3 {
		got, err := c.text(7, func() (string, error) { reads++; return "main.main", nil })
		if got != "main.main" || err != nil || reads != 1 {
			t.Errorf("%q, %v, read %d times", got, err, reads)
		}
	}
}
