package memory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/untrusted"
)

var (
	// ErrEnded means that the process has ended.
	ErrEnded = errors.New("the process has ended")
	// ErrForbidden means that the host does not allow reading its memory.
	ErrForbidden = errors.New("not permitted; grant CAP_SYS_PTRACE, or set kernel.yama.ptrace_scope below 3")
)

// aboutProcess reports whether an error is about the process, not about an address in it.
func aboutProcess(err error) bool {
	return errors.Is(err, ErrEnded) || errors.Is(err, ErrForbidden) || errors.Is(err, untrusted.ErrUnresponsive)
}

// maxRead bounds one read. otwatch never reads more.
const maxRead = 4 << 20

// Reader reads the memory of one process.
type Reader struct {
	PID int
	// Calls, if not nil, abandons reads that hang: a process may have mapped files whose
	// file system never answers.
	Calls *untrusted.Calls
	// Verify, if not nil, returns an error unless everything that was read before the
	// call belongs to the intended program: the process may have replaced it, or another
	// process may have the pid.
	Verify func() error
}

// Read fills buf from the process's memory at an address. A partial read is an error.
func (r Reader) Read(address uint64, buf []byte) error {
	n, err := call(r, buf, func(buf []byte) (int, error) {
		return r.readv([]unix.RemoteIovec{{Base: uintptr(address), Len: len(buf)}}, buf)
	})
	switch {
	case err != nil:
		return fmt.Errorf("read %d bytes at %#x of pid %d: %w", len(buf), address, r.PID, err)
	case n != len(buf):
		return fmt.Errorf("read %d bytes at %#x of pid %d: only %d are mapped", len(buf), address, r.PID, n)
	}
	return nil
}

// call has read fill buf, verifies the result, and abandons read if it hangs.
func call[T any](r Reader, buf []byte, read func(buf []byte) (T, error)) (T, error) {
	var none T
	if len(buf) > maxRead {
		return none, fmt.Errorf("%w: a read is limited to %d bytes", untrusted.ErrTooLarge, maxRead)
	}
	if r.Calls == nil {
		return verified(r, buf, read)
	}
	own := bufferOf(len(buf)) // an abandoned call may write to it later
	got, err := untrusted.Get(r.Calls, func() (T, error) { return verified(r, *own, read) }, nil)
	if !errors.Is(err, untrusted.ErrUnresponsive) {
		copy(buf, *own)
		buffers.Put(own)
	}
	return got, err
}

// buffers are those of earlier calls that have returned. There are hundreds of reads a second.
var buffers sync.Pool

// bufferOf returns a buffer of zeros: nothing of one process may be taken for another's.
func bufferOf(size int) *[]byte {
	if b, ok := buffers.Get().(*[]byte); ok && cap(*b) >= size {
		*b = (*b)[:size]
		clear(*b)
		return b
	}
	b := make([]byte, size)
	return &b
}

func verified[T any](r Reader, buf []byte, read func(buf []byte) (T, error)) (T, error) {
	got, err := read(buf)
	if r.Verify == nil || errors.Is(err, ErrEnded) || errors.Is(err, ErrForbidden) {
		return got, err
	}
	if wrong := r.Verify(); wrong != nil {
		var none T
		return none, wrong
	}
	return got, err
}

// readv reads pieces of memory into buf, up to the first one that is not mapped.
func (r Reader) readv(pieces []unix.RemoteIovec, buf []byte) (int, error) {
	local := []unix.Iovec{{Base: &buf[0], Len: uint64(len(buf))}}
	n, err := unix.ProcessVMReadv(r.PID, local, pieces, 0)
	switch {
	case errors.Is(err, unix.ESRCH):
		return 0, ErrEnded
	case errors.Is(err, unix.EPERM):
		return 0, ErrForbidden
	}
	return max(n, 0), err
}

// words reads the 8-byte words at an address.
func (r Reader) words(address uint64, words []uint64) error {
	buf := make([]byte, 8*len(words))
	if err := r.Read(address, buf); err != nil {
		return err
	}
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(buf[8*i:])
	}
	return nil
}

// readMax is how many pieces one system call reads: UIO_MAXIOV of the kernel.
const readMax = 1024

// ReadEach reads pieces of equal size at several addresses into buf, one after the other,
// and returns which ones could be read. An error is about the process, not about a piece.
func (r Reader) ReadEach(addresses []uint64, size int, buf []byte) ([]bool, error) {
	return call(r, buf, func(buf []byte) ([]bool, error) { return r.readEach(addresses, size, buf) })
}

func (r Reader) readEach(addresses []uint64, size int, buf []byte) ([]bool, error) {
	read := make([]bool, len(addresses))
	for at := 0; at < len(addresses); {
		pieces := addresses[at:min(at+readMax, len(addresses))]
		remote := make([]unix.RemoteIovec, len(pieces))
		for i, address := range pieces {
			remote[i] = unix.RemoteIovec{Base: uintptr(address), Len: size}
		}
		n, err := r.readv(remote, buf[at*size:(at+len(pieces))*size])
		if err != nil && !errors.Is(err, unix.EFAULT) {
			return nil, fmt.Errorf("read memory of pid %d: %w", r.PID, err)
		}
		whole := n / size // the kernel stops at the first piece that it cannot read
		for i := range whole {
			read[at+i] = true
		}
		at += whole
		if whole < len(pieces) {
			at++
		}
	}
	return read, nil
}
