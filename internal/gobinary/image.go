package gobinary

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// chunk is how much of a file is read at once. A lookup has three chunks.
const chunk = 64 << 10

// image is an ELF file as the kernel maps it: by segments. A program may lack sections,
// and the kernel ignores them.
type image struct {
	r        io.ReaderAt
	file     io.Seeker        // the file that r reads; nil if r is no file
	segments []elf.ProgHeader // PT_LOAD
}

func newImage(r io.ReaderAt, file *headers) (image, error) {
	m := image{r: r}
	m.file, _ = r.(io.Seeker)
	loaded := uint64(0)
	for _, h := range file.programs {
		if h.Type != elf.PT_LOAD {
			continue
		}
		if end := h.Off + h.Filesz; end < h.Off || int64(end) < 0 || h.Vaddr+h.Filesz < h.Vaddr {
			return image{}, Unlocated("a segment at %#x exceeds the address space", h.Vaddr)
		}
		if h.Filesz > maxLoaded-loaded {
			return image{}, fmt.Errorf("%w: its segments have more than %d GiB", untrusted.ErrTooLarge, maxLoaded>>30)
		}
		loaded += h.Filesz
		m.segments = append(m.segments, h)
	}
	return m, nil
}

// within is the image with reads charged to a budget.
func (m image) within(budget *untrusted.Budget) image {
	m.r = budget.ReaderAt(m.r)
	return m
}

// segment returns the segment with these permissions that has size bytes at an address in
// the file. Memory that is not in the file, such as .bss, does not count.
func (m image) segment(address, size uint64, flags elf.ProgFlag) (elf.ProgHeader, bool) {
	for _, s := range m.segments {
		if s.Flags&flags == flags && address >= s.Vaddr && address-s.Vaddr < s.Filesz &&
			size <= s.Filesz-(address-s.Vaddr) {
			return s, true
		}
	}
	return elf.ProgHeader{}, false
}

func (m image) offset(address, size uint64, flags elf.ProgFlag) (uint64, error) {
	s, ok := m.segment(address, size, flags)
	if !ok {
		return 0, fmt.Errorf("no %s segment holds %d bytes at %#x", flags, size, address)
	}
	return s.Off + (address - s.Vaddr), nil
}

// reader returns a reader of size bytes at an address that is readable.
func (m image) reader(address, size uint64) (io.ReaderAt, error) {
	offset, err := m.offset(address, size, elf.PF_R)
	if err != nil {
		return nil, err
	}
	return part(m.r, offset, size), nil
}

// part returns a reader of a part of a file. A part that no file can have is empty: the
// readers of package io panic on it.
func part(r io.ReaderAt, offset, size uint64) *io.SectionReader {
	if offset > math.MaxInt64 || size > math.MaxInt64-offset {
		offset, size = 0, 0
	}
	return io.NewSectionReader(r, int64(offset), int64(size))
}

// find yields the addresses of the 8-aligned words of a segment that equal a wanted one;
// no wanted word is 0. It stops where the file ends, and skips its holes.
func (m image) find(s elf.ProgHeader, wanted ...uint64) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		buffer := make([]byte, chunk)
		for at := -s.Vaddr % 8; at < s.Filesz; at += chunk {
			if hole := m.hole(s.Off + at); hole > 0 {
				at += hole &^ 7
				if at >= s.Filesz {
					return
				}
			}
			n, _ := m.r.ReadAt(buffer[:min(chunk, s.Filesz-at)], int64(s.Off+at))
			for i := 0; i+8 <= n; i += 8 {
				word := binary.LittleEndian.Uint64(buffer[i:])
				for _, w := range wanted {
					if word == w && !yield(s.Vaddr+at+uint64(i)) {
						return
					}
				}
			}
			if n < chunk {
				return
			}
		}
	}
}

// hole returns how many bytes from an offset on are a hole of the file, which reads as
// zeros; 0 if the file system does not say. After the last byte of data the result is
// greater than any segment.
func (m image) hole(offset uint64) uint64 {
	if m.file == nil {
		return 0
	}
	data, err := m.file.Seek(int64(offset), unix.SEEK_DATA)
	switch {
	case errors.Is(err, unix.ENXIO):
		return 2 * maxLoaded
	case err != nil || uint64(data) <= offset:
		return 0
	}
	return uint64(data) - offset
}

// readFull reads len(p) bytes. If the file ends before, the error is io.ErrUnexpectedEOF.
func readFull(r io.ReaderAt, p []byte, offset uint64) error {
	n, err := r.ReadAt(p, int64(offset))
	if n == len(p) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
