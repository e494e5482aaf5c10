package outfile

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLinks is how many symbolic links a path may have, as in the kernel.
const maxLinks = 40

// place is a name in a directory that is held open, so that neither can be exchanged.
// Close it.
type place struct {
	dir  int // descriptor of the directory
	base string
	stat *unix.Stat_t // of what stands there; nil: nothing
	fd   int          // of otwatch's own descriptor that the path names, as /dev/stdout does; -1: none
}

func (p *place) Close() error { return unix.Close(p.dir) }

// locate follows a path to its last element. It follows a symbolic link only if nobody
// else could have made it.
func locate(path string) (_ *place, err error) {
	rest := elements(path)
	if len(rest) == 0 || strings.HasSuffix(path, "/") {
		return nil, refused("it is a directory")
	}
	p := &place{fd: -1}
	if p.dir, err = openStart(path); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = p.Close()
		}
	}()
	for links := 0; ; {
		last := len(rest) == 1
		p.base, rest = rest[0], rest[1:]
		if err := p.look(); err != nil {
			return nil, err
		}
		var target string
		switch {
		case last && (p.stat == nil || !p.isLink()):
			return p, nil
		case last && p.ownDescriptor():
			return p, nil
		case p.stat == nil:
			return nil, refused("no such directory")
		case !p.isLink():
			err = p.enter(p.base)
		default:
			if links++; links > maxLinks {
				return nil, unix.ELOOP
			}
			if target, err = p.follow(); err == nil && strings.HasPrefix(target, "/") {
				err = p.enter("/")
			}
			rest = slices.Concat(elements(target), rest)
		}
		if err == nil && len(rest) == 0 {
			err = refused("it is a directory")
		}
		if err != nil {
			return nil, err
		}
	}
}

func elements(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(e string) bool { return e == "" || e == "." })
}

const asDirectory = unix.O_PATH | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC

func openStart(path string) (int, error) {
	start := "."
	if strings.HasPrefix(path, "/") {
		start = "/"
	}
	dir, err := unix.Open(start, asDirectory, 0)
	return dir, os.NewSyscallError("open "+start, err)
}

// look finds out which file has the name.
func (p *place) look() error {
	var stat unix.Stat_t
	switch err := unix.Fstatat(p.dir, p.base, &stat, unix.AT_SYMLINK_NOFOLLOW); err {
	case nil:
		p.stat = &stat
	case unix.ENOENT:
		p.stat = nil
	default:
		return os.NewSyscallError("stat "+p.base, err)
	}
	return nil
}

func (p *place) isLink() bool { return p.stat.Mode&unix.S_IFMT == unix.S_IFLNK }

// enter enters a directory.
func (p *place) enter(name string) error {
	dir, err := unix.Openat(p.dir, name, asDirectory, 0)
	if err != nil {
		return os.NewSyscallError("open "+name, err)
	}
	_ = unix.Close(p.dir)
	p.dir = dir
	return nil
}

// follow reads the symbolic link that has the name, if it may be followed.
func (p *place) follow() (string, error) {
	var dir unix.Stat_t
	if err := unix.Fstat(p.dir, &dir); err != nil {
		return "", os.NewSyscallError("fstat", err)
	}
	if p.inProc() && p.base != "self" && p.base != "thread-self" {
		return "", refused("%s in /proc is no symbolic link that could be read", p.base)
	}
	if !ours(dir.Uid) || writableByOthers(dir) {
		return "", refused("%s is a symbolic link in a directory that other users can write to; give the file itself", p.base)
	}
	target := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(p.dir, p.base, target)
	if err != nil {
		return "", os.NewSyscallError("readlink "+p.base, err)
	}
	return string(target[:n]), nil
}

func (p *place) inProc() bool {
	var system unix.Statfs_t
	return unix.Fstatfs(p.dir, &system) == nil && system.Type == unix.PROC_SUPER_MAGIC
}

// ownDescriptor reports whether the place is a descriptor of otwatch itself, and stores
// its number.
func (p *place) ownDescriptor() bool {
	if !p.inProc() {
		return false
	}
	dir, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", p.dir))
	fd, notNumber := strconv.Atoi(p.base)
	if err != nil || notNumber != nil || dir != fmt.Sprintf("/proc/%d/fd", os.Getpid()) {
		return false
	}
	p.fd = fd
	return true
}

// writableByOthers reports whether users other than its owner can write to a directory.
func writableByOthers(dir unix.Stat_t) bool { return dir.Mode&0o022 != 0 }

// ours reports whether the owner of a file is root, the user who runs otwatch, or the one
// who called sudo.
func ours(uid uint32) bool {
	caller, _, sudo := caller()
	return uid == 0 || int(uid) == os.Geteuid() || sudo && int(uid) == caller
}

// caller is who called sudo, if anybody did.
func caller() (uid, gid int, sudo bool) {
	uid, noUID := strconv.Atoi(os.Getenv("SUDO_UID"))
	gid, noGID := strconv.Atoi(os.Getenv("SUDO_GID"))
	return uid, gid, os.Geteuid() == 0 && noUID == nil && noGID == nil
}
