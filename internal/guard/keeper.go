package guard

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// closers is how many entries are closed at once. Each waits tens of milliseconds
	// for the kernel.
	closers = 64
	// coarse is the least time between two checks of the leases.
	coarse = 20 * time.Millisecond
)

// keeper holds descriptors for a client at the other end of conn, and closes those whose
// leases have run out.
type keeper struct {
	conn     *net.UnixConn
	table    *table
	partner  *partner    // the client's process; nil: it is this one
	unhanded chan *lease // leases that ran out while the client had descriptors too
	entries  map[uint32]*entry
	tokens   chan struct{} // one for each entry that is being closed
	closing  sync.WaitGroup
	due      time.Time // when the leases are checked next; zero: none ever runs out
}

// entry is what is held under one lease.
type entry struct {
	fds    []int
	whole  bool // all its descriptors have arrived
	lapsed bool
}

func newKeeper(conn *net.UnixConn, table *table, partner *partner) *keeper {
	return &keeper{conn: conn, table: table, partner: partner, unhanded: make(chan *lease, maxHeld),
		entries: map[uint32]*entry{}, tokens: make(chan struct{}, closers)}
}

// run returns when the client has gone and everything is closed.
func (k *keeper) run() {
	if k.partner != nil {
		go k.partner.finish(k.unhanded)
		defer close(k.unhanded)
	}
	raw, control := make([]byte, messageSize+1), make([]byte, unix.CmsgSpace(4*maxDescriptors))
	for {
		_ = k.conn.SetReadDeadline(k.due)
		n, rights, flags, _, err := k.conn.ReadMsgUnix(raw, control)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			k.expire()
		case err != nil:
			k.end()
			return
		default:
			k.follow(raw[:n], descriptors(control[:rights]), flags&unix.MSG_CTRUNC != 0)
		}
		if k.partner != nil {
			k.table.cpu.Store(int64(usedCPU()))
		}
	}
}

// checkBy has the leases checked when one runs out, if not earlier.
func (k *keeper) checkBy(ends int64) {
	if ends == forever {
		return
	}
	at := time.Now().Add(max(coarse, time.Duration(ends-nowNS())))
	if k.due.IsZero() || at.Before(k.due) {
		k.due = at
	}
}

// follow does what a message asks. cut means that there was no room here for some of its
// descriptors, which the kernel has closed.
func (k *keeper) follow(raw []byte, fds []int, cut bool) {
	m, ok := parseMessage(raw)
	if !ok {
		closeAll(fds)
		return
	}
	e := k.entries[m.lease]
	if m.operation == reserve {
		k.entries[m.lease] = &entry{}
		k.checkBy(k.table.leases[m.lease].ends.Load())
		return
	}
	if m.operation == look {
		k.expire()
		return
	}
	if e == nil { // released and lapsed at the same time
		closeAll(fds)
		return
	}
	e.fds = append(e.fds, fds...)
	e.whole = e.whole || m.operation == takeLast || m.operation == release
	if cut {
		k.lapse(m.lease, e)
	}
	if m.operation == release || e.lapsed {
		k.close(m.lease, e)
	}
}

// expire closes what was not renewed in time, and sets when to check again.
func (k *keeper) expire() {
	now := nowNS()
	k.due = time.Time{}
	for n, e := range k.entries {
		if e.lapsed {
			continue
		}
		if ends := k.table.leases[n].ends.Load(); ends > now {
			k.checkBy(ends)
			continue
		}
		k.lapse(n, e)
		k.close(n, e)
	}
}

// lapse marks a lease as run out, before anything is closed. A client that was stopped
// while it also had descriptors still has to close its own.
func (k *keeper) lapse(n uint32, e *entry) {
	if e.lapsed {
		return
	}
	e.lapsed = true
	l := &k.table.leases[n]
	l.lapsed.Store(nowNS())
	if k.partner != nil && l.handed.Load() == 0 {
		k.unhanded <- l
	}
}

// close closes the descriptors of an entry. If that is all of them, the entry ends.
func (k *keeper) close(n uint32, e *entry) {
	fds := e.fds
	e.fds = nil
	if e.whole {
		delete(k.entries, n)
	}
	whole := e.whole
	k.table.leases[n].state.Store(closing)
	k.closing.Go(func() {
		k.tokens <- struct{}{}
		closeAll(fds)
		<-k.tokens
		if whole {
			k.table.leases[n].state.Store(closed)
			k.ring()
		}
	})
}

// ring has the client check its leases. If the channel is full, the client has yet to
// check anyway.
func (k *keeper) ring() {
	if raw, err := k.conn.SyscallConn(); err == nil {
		_ = raw.Write(func(fd uintptr) bool {
			_ = unix.Sendto(int(fd), []byte{1}, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
			return true
		})
	}
}

// end closes everything.
func (k *keeper) end() {
	for n, e := range k.entries {
		e.whole = true
		k.close(n, e)
	}
	k.closing.Wait()
	k.conn.Close()
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}

// usedCPU is the CPU time that this process has used.
func usedCPU() time.Duration {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
