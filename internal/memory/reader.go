package memory

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

var (
	// ErrEnded says that the process whose memory was to be read is gone.
	ErrEnded = errors.New("the process has ended")
	// ErrForbidden says that the host does not allow to read it.
	ErrForbidden = errors.New("not allowed; grant CAP_SYS_PTRACE, or set kernel.yama.ptrace_scope below 3")
)

// Reader reads the memory of one process.
type Reader struct {
	PID int
}

// Read fills buf from the process's memory at address. A part is an error.
func (r Reader) Read(address uint64, buf []byte) error {
	local := []unix.Iovec{{Base: &buf[0], Len: uint64(len(buf))}}
	remote := []unix.RemoteIovec{{Base: uintptr(address), Len: len(buf)}}
	n, err := unix.ProcessVMReadv(r.PID, local, remote, 0)
	switch {
	case errors.Is(err, unix.ESRCH):
		return fmt.Errorf("read memory of pid %d: %w", r.PID, ErrEnded)
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("read memory of pid %d: %w", r.PID, ErrForbidden)
	case err != nil:
		return fmt.Errorf("read %d bytes at %#x of pid %d: %w", len(buf), address, r.PID, err)
	case n != len(buf):
		return fmt.Errorf("read %d bytes at %#x of pid %d: only %d are mapped", len(buf), address, r.PID, n)
	}
	return nil
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
	read := make([]bool, len(addresses))
	for at := 0; at < len(addresses); {
		pieces := addresses[at:min(at+readMax, len(addresses))]
		remote := make([]unix.RemoteIovec, len(pieces))
		for i, address := range pieces {
			remote[i] = unix.RemoteIovec{Base: uintptr(address), Len: size}
		}
		local := []unix.Iovec{{Base: &buf[at*size], Len: uint64(len(pieces) * size)}}
		n, err := unix.ProcessVMReadv(r.PID, local, remote, 0)
		switch {
		case errors.Is(err, unix.ESRCH):
			return nil, fmt.Errorf("read memory of pid %d: %w", r.PID, ErrEnded)
		case errors.Is(err, unix.EPERM):
			return nil, fmt.Errorf("read memory of pid %d: %w", r.PID, ErrForbidden)
		}
		whole := max(n, 0) / size // the kernel stops at the first it cannot read
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
