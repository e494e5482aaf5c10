package guard

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// patience is how long the guard may need to follow a message. A guard that needs longer
// is stopped or starved; it is ended, which closes what it holds.
const patience = 8 * time.Second

// ErrDead means that the guard has ended.
var ErrDead = errors.New("the guard's process has ended")

// Guard holds descriptors. Its methods are safe for concurrent use. Close it when done.
type Guard struct {
	conn    *net.UnixConn
	process *exec.Cmd     // nil: it is within this process
	done    chan struct{} // it has ended

	mu    sync.Mutex
	table *table // nil: it has ended
	held  map[uint32]*Held
	free  []uint32
	cpu   time.Duration // at its end
}

// Start starts a guard in a process of its own, and waits until it works.
func Start() (*Guard, error) {
	return start(func(socket, memory *os.File, _ *table) (*exec.Cmd, error) {
		defer socket.Close()
		return spawn(socket, memory)
	})
}

// Local returns a guard within this process. What it holds stays open while this process
// is stopped.
func Local() (*Guard, error) {
	return start(func(socket, _ *os.File, table *table) (*exec.Cmd, error) {
		conn, err := connect(socket)
		if err != nil {
			return nil, err
		}
		go newKeeper(conn, table, nil).run()
		return nil, nil
	})
}

func start(begin func(socket, memory *os.File, table *table) (*exec.Cmd, error)) (*Guard, error) {
	table, memory, err := newTable()
	if err != nil {
		return nil, err
	}
	defer memory.Close()
	ours, theirs, err := socketPair()
	if err != nil {
		table.unmap()
		return nil, err
	}
	conn, err := connect(ours)
	if err != nil {
		theirs.Close()
		table.unmap()
		return nil, err
	}
	process, err := begin(theirs, memory, table)
	if err != nil {
		conn.Close()
		table.unmap()
		return nil, err
	}
	g := &Guard{conn: conn, process: process, done: make(chan struct{}), table: table, held: map[uint32]*Held{}}
	for n := range uint32(maxHeld) {
		g.free = append(g.free, maxHeld-1-n)
	}
	go g.watch()
	if err := g.try(); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// try has the guard hold nothing, and waits until it is released.
func (g *Guard) try() error {
	h, err := g.Reserve(0)
	if err != nil {
		return err
	}
	if err := h.Close(); err != nil {
		return err
	}
	if g.Dead() {
		return fmt.Errorf("%w at its start", ErrDead)
	}
	return nil
}

// watch handles what the guard closes, until it ends.
func (g *Guard) watch() {
	for ring := make([]byte, 1); ; {
		if _, err := g.conn.Read(ring); err != nil {
			break
		}
		g.removeClosed()
	}
	if g.process != nil {
		_ = g.process.Wait() // until the kernel has closed what it held
	}
	g.ended()
}

// removeClosed ends the Held whose descriptors are closed.
func (g *Guard) removeClosed() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for n, h := range g.held {
		if l := &g.table.leases[n]; l.state.Load() == closed {
			h.end(l.lapsed.Load())
			delete(g.held, n)
			g.free = append(g.free, n)
		}
	}
}

// ended is removeClosed for a guard that has ended: everything is closed. What should have
// stayed open has lapsed.
func (g *Guard) ended() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.done) // before anybody learns of what lapsed
	now := nowNS()
	for n, h := range g.held {
		lapsed := g.table.leases[n].lapsed.Load()
		if lapsed == 0 && !h.releasing {
			lapsed = now
		}
		h.end(lapsed)
	}
	clear(g.held)
	g.cpu = time.Duration(g.table.cpu.Load())
	g.table.unmap()
	g.table = nil
}

// send sends a message. If the guard does not take it, the guard is ended, and the error
// is ErrDead.
func (g *Guard) send(m message, fds []int) error {
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	_ = g.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, _, err := g.conn.WriteMsgUnix(m.append(nil), rights, nil); err != nil {
		g.kill()
		return fmt.Errorf("hand descriptors to the guard: %w (%w)", ErrDead, err)
	}
	return nil
}

// kill ends the guard, which closes everything that it holds.
func (g *Guard) kill() {
	if g.process == nil {
		_ = g.conn.CloseWrite()
		return
	}
	_ = g.process.Process.Kill()
}

// Dead reports whether the guard has ended.
func (g *Guard) Dead() bool {
	select {
	case <-g.done:
		return true
	default:
		return false
	}
}

// LapseAll ends all leases now, and waits, for a limited time, until what they hold is
// closed.
func (g *Guard) LapseAll() {
	g.mu.Lock()
	var lapsing []*Held
	for n, h := range g.held {
		h.cut = true
		g.table.leases[n].ends.Store(0)
		lapsing = append(lapsing, h)
	}
	g.mu.Unlock()
	if g.send(message{operation: look}, nil) != nil {
		return
	}
	timeout := time.After(patience)
	for _, h := range lapsing {
		select {
		case <-h.Gone():
		case <-timeout:
			return
		}
	}
}

// PID is the guard's process; 0 if it has none of its own.
func (g *Guard) PID() int {
	if g.process == nil {
		return 0
	}
	return g.process.Process.Pid
}

// CPU is the CPU time that the guard's process has used.
func (g *Guard) CPU() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.table == nil {
		return g.cpu
	}
	return time.Duration(g.table.cpu.Load())
}

// Resident is the memory of the guard's process in bytes, without the pages of its
// executable, which it shares with otwatch.
func (g *Guard) Resident() uint64 {
	if g.process == nil || g.Dead() {
		return 0
	}
	process, err := procfs.NewProc(g.PID())
	if err != nil {
		return 0
	}
	status, err := process.NewStatus()
	if err != nil {
		return 0
	}
	return status.RssAnon
}

// Close closes everything that is held, and ends the guard.
func (g *Guard) Close() error {
	_ = g.conn.CloseWrite()
	timer := time.AfterFunc(patience, g.kill)
	defer timer.Stop()
	<-g.done
	return g.conn.Close()
}
