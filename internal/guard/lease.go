package guard

import (
	"fmt"
	"math"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxHeld is how many leases there can be: for eight groups of probes of each target that
// the BPF maps have room for.
const maxHeld = 8192

// forever is the end of a lease that never runs out.
const forever = math.MaxInt64

// lease is what both sides know of a lease. Times are CLOCK_MONOTONIC nanoseconds. The
// keeper writes lapsed and state, the client the rest.
type lease struct {
	ends   atomic.Int64
	lapsed atomic.Int64 // when it was found to have run out; 0: it has not
	state  atomic.Uint32
	handed atomic.Uint32 // 1: the client has no descriptor of it any more
}

// States of a lease.
const (
	held    uint32 = iota
	closing        // descriptors are being closed
	closed
)

// table is the memory that both sides share. Renewing a lease is a store, which wakes
// nobody.
type table struct {
	cpu    atomic.Int64 // nanoseconds that the guard's process has used
	leases [maxHeld]lease
}

// newTable makes a table in a file that another process can map.
func newTable() (*table, *os.File, error) {
	fd, err := unix.MemfdCreate("otwatch-guard", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, nil, fmt.Errorf("make the memory shared with the guard: %w", err)
	}
	file := os.NewFile(uintptr(fd), "otwatch-guard")
	if err := file.Truncate(int64(unsafe.Sizeof(table{}))); err != nil {
		file.Close()
		return nil, nil, fmt.Errorf("make the memory shared with the guard: %w", err)
	}
	t, err := mapTable(fd)
	if err != nil {
		file.Close()
	}
	return t, file, err
}

func mapTable(fd int) (*table, error) {
	size := int(unsafe.Sizeof(table{}))
	memory, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the memory shared with the guard: %w", err)
	}
	return (*table)(unsafe.Pointer(&memory[0])), nil
}

// unmap releases the table, which must not be used any more.
func (t *table) unmap() {
	_ = unix.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(t)), unsafe.Sizeof(*t)))
}

// nowNS is the time of CLOCK_MONOTONIC.
func nowNS() int64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // it cannot fail
	return now.Nano()
}

// end is when a lease that begins now runs out; 0: never.
func end(lasts time.Duration) int64 {
	if lasts == 0 {
		return forever
	}
	return nowNS() + int64(lasts)
}
