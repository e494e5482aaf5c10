package gobinary

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime/debug"
	"strings"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// The build information has a section of its own, .go.buildinfo, or is in a writable
// segment at an address that is a multiple of 16. Since Go 1.18:
//
//	+0   "\xff Go buildinf:"
//	+14  u8 pointer size, u8 flags: 2
//	+32  Go's version, after its length, a varint
//	     then the modules, after their length: between two marks of 16 bytes, lines as
//	     in debug.BuildInfo.String
//
// Source: debug/buildinfo (readRawBuildInfo), cmd/link/internal/ld/data.go (buildinfo).
const (
	buildInfoMagic  = "\xff Go buildinf:"
	buildInfoAlign  = 16
	buildInfoHeader = 32
	buildInfoInline = 2 // flag
	buildInfoMark   = 16
)

var errNoBuildInfo = errors.New("it has no build information")

// readBuildInfo reads the versions that the program was built from.
func readBuildInfo(file *headers, m image, budget *untrusted.Budget) (*debug.BuildInfo, error) {
	text, err := buildInfoText(file, m, budget)
	if err != nil {
		return nil, err
	}
	version, text, ok := cutText(text)
	modules, _, _ := cutText(text)
	if !ok || len(version) == 0 {
		return nil, errNoBuildInfo
	}
	if n := len(modules); n > 2*buildInfoMark && modules[n-buildInfoMark-1] == '\n' {
		modules = modules[buildInfoMark : n-buildInfoMark]
	} else {
		modules = nil
	}
	// Parsing allocates up to 16 times the length.
	if err := budget.Memory(16 * int64(len(modules))); err != nil {
		return nil, err
	}
	info, err := debug.ParseBuildInfo(string(modules))
	if err != nil {
		return nil, err
	}
	info.GoVersion = string(version)
	return info, nil
}

// cutText splits off a text that follows its length.
func cutText(data []byte) (text, rest []byte, ok bool) {
	length, n := binary.Uvarint(data)
	if n <= 0 || length > uint64(len(data)-n) {
		return nil, nil, false
	}
	return data[n:][:length], data[n:][length:], true
}

// buildInfoText returns what follows the header of the build information.
func buildInfoText(file *headers, m image, budget *untrusted.Budget) ([]byte, error) {
	for address := range buildInfoAddresses(file, m) {
		s, ok := m.segment(address, buildInfoHeader, elf.PF_R)
		if !ok {
			continue
		}
		data := make([]byte, min(maxBuildInfo, s.Filesz-(address-s.Vaddr)))
		if err := budget.Memory(int64(len(data))); err != nil {
			return nil, err
		}
		n, err := m.r.ReadAt(data, int64(s.Off+(address-s.Vaddr)))
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		data = data[:n]
		if n < buildInfoHeader || !bytes.HasPrefix(data, []byte(buildInfoMagic)) {
			continue
		}
		if data[len(buildInfoMagic)+1]&buildInfoInline == 0 {
			return nil, fmt.Errorf("%w in the form of Go 1.18 and later", errNoBuildInfo)
		}
		return data[buildInfoHeader:], nil
	}
	return nil, errNoBuildInfo
}

// buildInfoAddresses yields the addresses where the build information may be.
func buildInfoAddresses(file *headers, m image) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		if s, ok := file.find(".go.buildinfo"); ok {
			yield(s.Addr)
			return
		}
		for _, s := range m.segments {
			if s.Flags&(elf.PF_X|elf.PF_W) != elf.PF_W {
				continue
			}
			for address := range m.find(s, binary.LittleEndian.Uint64([]byte(buildInfoMagic))) {
				if address%buildInfoAlign == 0 && !yield(address) {
					return
				}
			}
		}
	}
}

// shown makes a text of an executable fit to be shown: it is valid UTF-8 and cut at a
// length that nearly no real text has. The result does not share memory with text.
func shown(text string) string { return strings.Clone(untrusted.Text(text, maxShownName)) }
