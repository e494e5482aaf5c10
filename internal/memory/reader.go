package memory

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/untrusted"
)

var (
	// ErrEnded says that the process whose memory was to be read is gone.
	ErrEnded = errors.New("the process has ended")
	// ErrForbidden says that the host does not allow to read it.
	ErrForbidden = errors.New("not permitted; grant CAP_SYS_PTRACE, or set kernel.yama.ptrace_scope below 3")
)

// maxRead bounds one read: nothing that otwatch reads is larger.
const maxRead = 4 << 20

// Reader reads the memory of one process.
type Reader struct {
	PID int
	// Calls, if not nil, abandons reads that hang: a process may have files in its
	// memory whose file system never answers.
	Calls *untrusted.Calls
	// Verify, if not nil, fails unless all that was read until then belongs to the
	// program that is meant: the pid may have another one by exec, or be another
	// process's.
	Verify func() error
}

// Read fills buf from the process's memory at address. A part is an error.
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

// call has read fill buf, verifies what it read, and abandons it if it hangs.
func call[T any](r Reader, buf []byte, read func(buf []byte) (T, error)) (T, error) {
	var none T
	if len(buf) > maxRead {
		return none, fmt.Errorf("%w: a read is limited to %d bytes", untrusted.ErrTooLarge, maxRead)
	}
	if r.Calls == nil {
		return verified(r, buf, read)
	}
	own := make([]byte, len(buf)) // an abandoned call may write to it later
	got, err := untrusted.Get(r.Calls, func() (T, error) { return verified(r, own, read) }, nil)
	if !errors.Is(err, untrusted.ErrUnresponsive) {
		copy(buf, own)
	}
	return got, err
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

// readv reads pieces of memory into buf, up to the first that is not mapped.
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

// words fills words from the 8-byte words at address.
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

// readMax is how many pieces one system call reads: the kernel's UIO_MAXIOV.
const readMax = 1024

// ReadEach fills buf with the pieces of equal size at several addresses, one
// behind the other, and says of each whether it could be read. An error is of
// the process, not of a piece.
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
		whole := n / size // the kernel stops at the first it cannot read
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
