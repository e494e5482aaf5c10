package debuginfo

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// cursor reads forward. After an error it reads zeros.
type cursor struct {
	r   *bufio.Reader
	at  uint64 // bytes read so far
	end uint64 // of what may be read now
	err error
}

func newCursor(r io.Reader) *cursor { return &cursor{r: bufio.NewReaderSize(r, 64<<10), end: 1 << 63} }

// take accounts for n bytes, and reports whether they may be read.
func (c *cursor) take(n uint64) bool {
	if c.err == nil && n > c.end-c.at {
		c.err = errors.New("an entry is longer than its unit")
	}
	if c.err != nil {
		return false
	}
	c.at += n
	return true
}

func (c *cursor) fail(err error) {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	c.err = err
}

// fixed reads a little-endian number of up to 8 bytes.
func (c *cursor) fixed(size uint64) uint64 {
	var word [8]byte
	if !c.take(size) {
		return 0
	}
	if _, err := io.ReadFull(c.r, word[:size]); err != nil {
		c.fail(err)
		return 0
	}
	return binary.LittleEndian.Uint64(word[:])
}

// number reads a LEB128. Bits above 64 are lost.
func (c *cursor) number() uint64 {
	var v uint64
	for shift := 0; c.take(1); shift += 7 {
		b, err := c.r.ReadByte()
		if err != nil {
			c.fail(err)
			return 0
		}
		v |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			return v
		}
	}
	return 0
}

func (c *cursor) skip(n uint64) {
	if !c.take(n) {
		return
	}
	for n > 0 {
		part := min(n, 1<<30)
		if _, err := c.r.Discard(int(part)); err != nil {
			c.fail(err)
			return
		}
		n -= part
	}
}

// text reads up to a zero byte. Of a text that is longer than the buffer it returns
// the end. It is valid until the next read.
func (c *cursor) text() []byte {
	for c.err == nil {
		text, err := c.r.ReadSlice(0)
		if !c.take(uint64(len(text))) {
			break
		}
		switch {
		case err == nil:
			return text[:len(text)-1]
		case err != bufio.ErrBufferFull:
			c.fail(err)
		}
	}
	return nil
}
