package target

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// callLimit bounds one system call on an executable's file or a process's memory. Such a
// call lasts microseconds, or as long as a disk access.
const callLimit = 3 * time.Second

// file reads an executable. Its file system may be served by a user (FUSE) and never
// answer. So only what is in the page cache is read directly; everything else is read by
// a call that is abandoned after callLimit.
type file struct {
	*os.File
	calls *untrusted.Calls
}

func (f file) ReadAt(p []byte, offset int64) (int, error) {
	n, err := unix.Preadv2(int(f.Fd()), [][]byte{p}, offset, unix.RWF_NOWAIT)
	switch {
	case err == nil && n == len(p):
		return n, nil
	case err == nil && n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	own := make([]byte, len(p)) // an abandoned call may write to it later
	n, err = untrusted.Get(f.calls, func() (int, error) {
		n, err := f.File.ReadAt(own, offset)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		return n, err
	}, nil)
	copy(p, own[:n])
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// Seek moves the file's own offset, which nothing reads from. It may have to ask the
// server of the file system, as ReadAt may.
func (f file) Seek(offset int64, whence int) (int64, error) {
	return untrusted.Get(f.calls, func() (int64, error) { return f.File.Seek(offset, whence) }, nil)
}

// FileID identifies a file and its content: it changes when the file is written to, and
// differs from that of a later file with the same inode.
type FileID struct {
	device, inode uint64
	size          uint64
	modifiedNS    int64
}

// statID is the FileID of a path, or of the descriptor at if the path is empty. It uses
// what the kernel has cached, without asking the server of a file system.
func statID(at int, path string) (FileID, error) {
	var stat unix.Statx_t
	flags := unix.AT_STATX_DONT_SYNC
	if path == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	if err := unix.Statx(at, path, flags, unix.STATX_INO|unix.STATX_SIZE|unix.STATX_MTIME, &stat); err != nil {
		return FileID{}, err
	}
	return FileID{
		device: unix.Mkdev(stat.Dev_major, stat.Dev_minor), inode: stat.Ino, size: stat.Size,
		modifiedNS: stat.Mtime.Sec*int64(time.Second) + int64(stat.Mtime.Nsec),
	}, nil
}

// fileIDOf is the FileID of an open file.
func fileIDOf(file *os.File) (FileID, error) {
	id, err := statID(int(file.Fd()), "")
	if err != nil {
		return FileID{}, os.NewSyscallError("statx", err)
	}
	return id, nil
}
