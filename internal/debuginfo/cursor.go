package debuginfo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// cursor reads forward through a buffer. After an error it reads zeros.
type cursor struct {
	r      io.Reader // nil: everything is in the buffer
	buffer []byte    // read but not taken yet
	room   []byte    // the memory of buffer
	at     uint64    // bytes taken so far
	end    uint64    // where taking must stop
	err    error
}

func newCursor(r io.Reader) *cursor { return &cursor{r: r, room: make([]byte, 64<<10), end: 1 << 63} }

// cursorOf returns a cursor of what is in memory.
func cursorOf(content []byte) *cursor { return &cursor{buffer: content, end: 1 << 63} }

// fill reads until the buffer has n bytes, which must be few, or up to the end.
func (c *cursor) fill(n int) error {
	if len(c.buffer) >= n {
		return nil
	}
	if c.r == nil {
		return io.ErrUnexpectedEOF
	}
	have := copy(c.room, c.buffer)
	read, err := io.ReadAtLeast(c.r, c.room[have:], n-have)
	c.buffer = c.room[:have+read]
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// take returns the next n bytes, which must be few; nil after an error.
func (c *cursor) take(n uint64) []byte {
	if c.err == nil && n > c.end-c.at {
		c.err = errors.New("an entry is longer than its unit")
	}
	if c.err == nil {
		c.err = c.fill(int(n))
	}
	if c.err != nil {
		return nil
	}
	taken := c.buffer[:n]
	c.buffer, c.at = c.buffer[n:], c.at+n
	return taken
}

// fixed reads a little-endian number of up to 8 bytes.
func (c *cursor) fixed(size uint64) uint64 {
	var word [8]byte
	copy(word[:], c.take(size))
	return binary.LittleEndian.Uint64(word[:])
}

// number reads a LEB128 number. Bits above 64 are lost.
func (c *cursor) number() uint64 {
	var v uint64
	for shift := 0; ; shift += 7 {
		b := c.take(1)
		if b == nil {
			return 0
		}
		v |= uint64(b[0]&0x7f) << shift
		if b[0]&0x80 == 0 {
			return v
		}
	}
}

func (c *cursor) skip(n uint64) {
	if c.err == nil && n > c.end-c.at {
		c.err = errors.New("an entry is longer than its unit")
	}
	for n > 0 && c.err == nil {
		if len(c.buffer) == 0 {
			c.err = c.fill(1)
		}
		part := min(n, uint64(len(c.buffer)))
		c.buffer, c.at, n = c.buffer[part:], c.at+part, n-part
	}
}

// text reads up to a zero byte. If the text is longer than the buffer it returns its end.
// The result is valid until the next read.
func (c *cursor) text() []byte {
	for searched := 0; c.err == nil; {
		if i := bytes.IndexByte(c.buffer[searched:], 0); i >= 0 {
			return bytes.TrimSuffix(c.take(uint64(searched+i)+1), []byte{0})
		}
		if searched = len(c.buffer); searched == len(c.room) {
			c.skip(uint64(searched))
			searched = 0
		}
		if c.err == nil {
			c.err = c.fill(searched + 1)
		}
	}
	return nil
}

// more reports whether anything is left to read.
func (c *cursor) more() bool {
	err := c.fill(1)
	if err != nil && err != io.ErrUnexpectedEOF {
		c.err = err
	}
	return err == nil
}
