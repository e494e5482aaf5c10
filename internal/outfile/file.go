package outfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ErrRefused is the error for a path that otwatch does not write to.
var ErrRefused = errors.New("refused")

// refusal is an ErrRefused with the reason only.
type refusal string

func (r refusal) Error() string        { return string(r) }
func (r refusal) Is(target error) bool { return target == ErrRefused }

func refused(format string, arguments ...any) error {
	return refusal(fmt.Sprintf(format, arguments...))
}

// mode is the mode of new files: their content may not be for everybody.
const mode = 0o600

// File is a file to be written. It is not safe for concurrent use.
type File struct {
	*os.File
	path      string
	place     *place
	temporary string // its name until Place; "": it needs none, or has it
}

// Open opens what a path names: a new file, the replacement of a file, which must be
// empty unless force is set, or an existing device or descriptor. The error has the path;
// it is ErrRefused if another path may do.
func Open(path string, force bool) (_ *File, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
	}()
	p, err := locate(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, place: p}
	if err := f.open(force); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return f, nil
}

func (f *File) open(force bool) error {
	p := f.place
	switch {
	case p.fd >= 0:
		return f.openDescriptor()
	case p.stat == nil:
		return f.create()
	}
	switch p.stat.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		if err := p.replaceable(force); err != nil {
			return err
		}
		return f.create()
	case unix.S_IFCHR:
		return f.openDevice()
	case unix.S_IFDIR:
		return refused("it is a directory")
	case unix.S_IFIFO:
		return refused("it is a FIFO, which may have no reader; use a file, or /dev/stdout with --output none")
	}
	return refused("it is neither a file nor a character device")
}

// replaceable returns why an existing file must not be replaced, nil if it may be.
func (p *place) replaceable(force bool) error {
	var dir unix.Stat_t
	if err := unix.Fstat(p.dir, &dir); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	switch {
	case writableByOthers(dir) && !ours(p.stat.Uid):
		return refused("it belongs to uid %d, in a directory that other users can write to; choose another name", p.stat.Uid)
	case writableByOthers(dir) && p.stat.Nlink > 1:
		return refused("it has %d names (hard links), in a directory that other users can write to; choose another name", p.stat.Nlink)
	case p.stat.Size > 0 && !force:
		return refused("it exists; use --force to overwrite it")
	}
	return nil
}

// create makes a new file in the directory of its name. It belongs to the user who called
// sudo, if any, who could not read it otherwise.
func (f *File) create() error {
	name := ".otwatch-" + rand.Text()
	fd, err := unix.Openat(f.place.dir, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
	if err != nil {
		return os.NewSyscallError("create a file in its directory", err)
	}
	f.File, f.temporary = os.NewFile(uintptr(fd), f.path), name
	if uid, gid, sudo := caller(); sudo {
		_ = f.Chown(uid, gid) // else it is root's
	}
	return nil
}

// openDevice opens the device that was examined, and nothing else.
func (f *File) openDevice() error {
	fd, err := unix.Openat(f.place.dir, f.place.base, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("open", err)
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil || stat.Mode&unix.S_IFMT != unix.S_IFCHR || stat.Rdev != f.place.stat.Rdev {
		_ = unix.Close(fd)
		return errors.New("it was replaced while it was opened")
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		_ = unix.Close(fd)
		return os.NewSyscallError("fcntl", err)
	}
	f.File = os.NewFile(uintptr(fd), f.path)
	return nil
}

// openDescriptor shares the descriptor, with its position.
func (f *File) openDescriptor() error {
	fd, err := unix.FcntlInt(uintptr(f.place.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("fcntl", err)
	}
	f.File = os.NewFile(uintptr(fd), f.path)
	return nil
}

// Place gives a new file its name, in place of the file that had it. It fails if the name
// has got another file since Open.
func (f *File) Place() (err error) {
	if f.temporary == "" {
		return nil
	}
	before, p := f.place.stat, f.place
	if err = p.look(); err == nil {
		switch {
		case p.stat == nil:
			err = unix.Renameat2(p.dir, f.temporary, p.dir, p.base, unix.RENAME_NOREPLACE)
			if errors.Is(err, unix.EINVAL) { // the file system cannot do that
				err = f.link()
			}
		case before != nil && same(*before, *p.stat):
			err = unix.Renameat(p.dir, f.temporary, p.dir, p.base)
		default:
			err = errors.New("another file has been created under this name")
		}
	}
	if err != nil {
		return fmt.Errorf("%s: rename the finished file: %w", f.path, err)
	}
	f.temporary = ""
	return nil
}

func same(a, b unix.Stat_t) bool {
	return a.Dev == b.Dev && a.Ino == b.Ino && a.Size == b.Size && a.Mtim == b.Mtim
}

// link gives the file its name, if no file has it, in two steps.
func (f *File) link() error {
	p := f.place
	if err := unix.Linkat(p.dir, f.temporary, p.dir, p.base, 0); err != nil {
		return err
	}
	return unix.Unlinkat(p.dir, f.temporary, 0)
}

// Close closes the file, and removes it if it did not get its name.
func (f *File) Close() error {
	err := f.File.Close()
	if f.temporary != "" {
		err = errors.Join(err, unix.Unlinkat(f.place.dir, f.temporary, 0))
	}
	return errors.Join(err, f.place.Close())
}
