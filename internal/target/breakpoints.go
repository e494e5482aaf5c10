package target

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Flags of a page in /proc/PID/pagemap. Source: Documentation/admin-guide/mm/pagemap.rst.
const (
	pagePresent = 1 << 63
	pageSwapped = 1 << 62
	pageOfFile  = 1 << 61 // or shared
)

const (
	// maxCodePages bounds the pages of code that are looked at: of 2 GiB, which is the most
	// that Go's linker writes.
	maxCodePages = 2 << 30 >> 12
	// maxChangedPages bounds the pages of which the bytes are compared.
	maxChangedPages = 256
	// maxBreakpoints bounds those that are found.
	maxBreakpoints = 1 << 10
)

// Breakpoints are the places in a process's code where something has been written over the
// program's instructions.
type Breakpoints struct {
	Addresses []uint64 // in the process; at most 1,024
	Cut       bool     // there may be more
}

// Breakpoints finds the places where the process's code differs from the program's file. Only
// pages can differ of which the process has a copy of its own, and these are few.
func (p *Process) Breakpoints() (found Breakpoints, err error) {
	code, ok := p.Binary.CodeSegment()
	if !ok {
		return found, fmt.Errorf("no code segment at %#x", p.Binary.Text)
	}
	size := uint64(os.Getpagesize())
	first := (code.Vaddr + p.Bias) / size
	count := min((code.Vaddr+p.Bias+code.Filesz+size-1)/size-first, maxCodePages)
	own, err := p.ownPages(first, count)
	if err != nil {
		return found, err
	}
	found.Cut = own.cut
	addresses := make([]uint64, len(own.numbers))
	for i, page := range own.numbers {
		addresses[i] = page * size
	}
	pages, written := make([]byte, size*uint64(len(addresses))), make([]byte, size)
	read, err := p.Reader().ReadEach(addresses, int(size), pages)
	if err != nil {
		return found, err
	}
	for i, page := range addresses {
		if !read[i] {
			return found, fmt.Errorf("the page of code at %#x of pid %d cannot be read", page, p.PID)
		}
		from, until := max(page, code.Vaddr+p.Bias), min(page+size, code.Vaddr+p.Bias+code.Filesz)
		now, file := pages[uint64(i)*size:][from-page:until-page], written[:until-from]
		if err := p.Binary.CodeAt(from-p.Bias, file); err != nil {
			return found, err
		}
		found.add(from, p.Binary.Arch, now, file)
	}
	return found, nil
}

// piece is how many bytes are compared at once, a multiple of every instruction's alignment:
// nearly all are equal.
const piece = 64

// add adds the breakpoints in a part of the code, at an address.
func (b *Breakpoints) add(address uint64, arch string, memory, file []byte) {
	is, length := isBreakpointAMD64, uint64(1)
	if arch == "arm64" {
		is, length = isBreakpointARM64, wordARM64
	}
	for i := -address % length; i+length <= uint64(len(memory)); i += length {
		if end := i + piece; end <= uint64(len(memory)) && bytes.Equal(memory[i:end], file[i:end]) {
			i = end - length
			continue
		}
		if bytes.Equal(memory[i:i+length], file[i:i+length]) || !is(memory[i:], file[i:]) {
			continue
		}
		if len(b.Addresses) == maxBreakpoints {
			b.Cut = true
			return
		}
		b.Addresses = append(b.Addresses, address+i)
	}
}

// wordARM64 is the length of every arm64 instruction, in bytes.
const wordARM64 = 4

// isBreakpointAMD64 recognises INT3 and, since Linux 6.18, a call in place of a no-op of five
// bytes. Source: arch/x86/kernel/uprobes.c.
func isBreakpointAMD64(memory, file []byte) bool {
	const int3, call, longNop = 0xcc, 0xe8, "\x0f\x1f\x44\x00\x00"
	return memory[0] == int3 || memory[0] == call && bytes.HasPrefix(file, []byte(longNop))
}

// isBreakpointARM64 recognises BRK, with any operand.
func isBreakpointARM64(memory, _ []byte) bool {
	const brk, mask = 0xd4200000, 0xffe0001f
	return binary.LittleEndian.Uint32(memory)&mask == brk
}

// ownPages are those of some pages, by number, that the process has a copy of. Reading them
// takes the lock of the process's address space, which may be held for any time.
func (p *Process) ownPages(first, count uint64) (own pages, err error) {
	own, err = untrusted.Get(&p.calls, func() (pages, error) { return ownPages(p.PID, first, count) }, nil)
	if err == nil && p.Ended() {
		return pages{}, memory.ErrEnded
	}
	return own, err
}

// pages are some pages, by number.
type pages struct {
	numbers []uint64
	cut     bool // there may be more
}

func ownPages(pid int, first, count uint64) (own pages, err error) {
	pagemap, err := os.Open(fmt.Sprintf("/proc/%d/pagemap", pid))
	if err != nil {
		return own, err
	}
	defer pagemap.Close()
	const entry, atOnce = 8, 8 << 10
	buf := make([]byte, entry*min(count, atOnce))
	for at := uint64(0); at < count; at += atOnce {
		n, err := pagemap.ReadAt(buf[:entry*min(count-at, atOnce)], int64(entry*(first+at)))
		if err != nil && !errors.Is(err, io.EOF) {
			return own, err
		}
		for i := 0; i+entry <= n; i += entry {
			flags := binary.LittleEndian.Uint64(buf[i:])
			if flags&(pagePresent|pageSwapped) == 0 || flags&pageOfFile != 0 {
				continue
			}
			if len(own.numbers) == maxChangedPages {
				own.cut = true
				return own, nil
			}
			own.numbers = append(own.numbers, first+at+uint64(i)/entry)
		}
	}
	return own, nil
}

// Tracer is the name of the program that traces the process with ptrace, as debuggers do; "" if
// none does, or that is not known.
func (p *Process) Tracer() string {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "TracerPid:"); ok {
			if pid, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && pid > 0 {
				return nameOf(pid)
			}
		}
	}
	return ""
}

// nameOf is the name of a process's program, which the process may have chosen itself; "" if it
// is not known.
func nameOf(pid int) string {
	comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return untrusted.Text(strings.TrimSpace(string(comm)), untrusted.MaxName)
}
