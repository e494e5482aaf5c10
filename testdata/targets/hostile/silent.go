package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// silent is a file of a FUSE file system that never answers a read: whoever touches a
// page of it waits for ever. To mount it needs a user and a mount namespace, and no
// privileges.
type silent struct{ file int }

// served is the descriptor of FUSE's device in the process that serves it.
const served = 3

// mountSilent mounts the file system, and has it served by another process: the kernel
// waits for an answer even where who asked is killed, and whoever serves himself could
// never end.
func mountSilent(dir, device string) (*silent, error) {
	runtime.LockOSThread() // the server ends with this thread, which must not be one that waits
	fuse, err := os.OpenFile(device, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer fuse.Close()
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fuse.Fd())
	if err := syscall.Mount("silent", dir, "fuse", syscall.MS_NOSUID|syscall.MS_NODEV, options); err != nil {
		return nil, fmt.Errorf("mount at %s: %w", dir, err)
	}
	server := exec.Command("/proc/self/exe", "-serve")
	server.ExtraFiles, server.Stderr = []*os.File{fuse}, os.Stderr
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := server.Start(); err != nil {
		return nil, err
	}
	file, err := syscall.Open(filepath.Join(dir, "file"), syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return &silent{file}, nil
}

// Requests of FUSE. Source: include/uapi/linux/fuse.h, as all sizes below are.
const (
	opLookup  = 1
	opGetattr = 3
	opOpen    = 14
	opRelease = 18
	opFlush   = 25
	opInit    = 26
)

// serve answers what it takes to open the file, for as long as a test may take.
func serve() {
	time.AfterFunc(20*time.Minute, func() { os.Exit(1) })
	request := make([]byte, 1<<20)
	for {
		n, err := syscall.Read(served, request)
		if err == syscall.EINTR || err == syscall.ENOENT {
			continue
		}
		if err != nil || n < 40 {
			fmt.Fprintln(os.Stderr, "hostile: serve the file:", err)
			os.Exit(1)
		}
		le := binary.LittleEndian
		answer, ok := answers[le.Uint32(request[4:])]
		if !ok {
			continue // a read, among others
		}
		out := append(make([]byte, 16), answer(le.Uint64(request[16:]))...)
		le.PutUint32(out, uint32(len(out)))
		copy(out[8:], request[8:16]) // the request's own number
		_, _ = syscall.Write(served, out)
	}
}

// answers are the bodies of answers, to requests about an inode.
var answers = map[uint32]func(inode uint64) []byte{
	opInit: func(uint64) []byte {
		body := make([]byte, 64)
		copy(body, []byte{7, 0, 0, 0, 31}) // version 7.31
		binary.LittleEndian.PutUint32(body[20:], pageSize)
		return body
	},
	opLookup: func(uint64) []byte {
		body := make([]byte, 40)
		copy(body, []byte{2})       // inode
		body[16], body[24] = 60, 60 // seconds for which the entry and its attributes hold
		return append(body, attributes(2)...)
	},
	opGetattr: func(inode uint64) []byte {
		body := make([]byte, 16)
		body[0] = 60
		return append(body, attributes(inode)...)
	},
	opOpen:    func(uint64) []byte { return make([]byte, 16) },
	opRelease: func(uint64) []byte { return nil },
	opFlush:   func(uint64) []byte { return nil },
}

// attributes are those of the root, 1, or of the file, 2, of 1 MiB.
func attributes(inode uint64) []byte {
	body, le := make([]byte, 88), binary.LittleEndian
	mode, size := uint32(syscall.S_IFREG|0o444), uint64(1<<20)
	if inode == 1 {
		mode, size = syscall.S_IFDIR|0o755, 0
	}
	le.PutUint64(body, inode)
	le.PutUint64(body[8:], size)
	le.PutUint32(body[60:], mode)
	le.PutUint32(body[64:], 1) // links
	le.PutUint32(body[80:], pageSize)
	return body
}

// cover puts a page of the file over the one at an address. Root is not among the
// users of the namespace, so the file system refuses its reads at once: a thread of
// this program's asks for the page first, and whoever reads it then waits for that.
func (s *silent) cover(address uintptr) {
	page := address &^ (pageSize - 1)
	if _, _, errno := syscall.Syscall6(syscall.SYS_MMAP, page, pageSize, syscall.PROT_READ,
		syscall.MAP_PRIVATE|syscall.MAP_FIXED, uintptr(s.file), 0); errno != 0 {
		fmt.Fprintln(os.Stderr, "hostile: cover a page:", errno)
		os.Exit(1)
	}
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
	// By a system call: a goroutine that waited in user mode would stop the collector.
	go func() { _, _ = syscall.Write(pipe[1], unsafe.Slice((*byte)(at(page)), 1)) }()
	time.Sleep(100 * time.Millisecond)
}
