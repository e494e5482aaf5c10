package guard

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// short is a lease that a test waits for, soon is longer than anything takes that is
// to happen, and a while shorter than short.
const (
	short = 300 * time.Millisecond
	soon  = 20 * time.Second
)

// onEveryGuard runs a test with a guard of each kind.
func onEveryGuard(t *testing.T, test func(*testing.T, *Guard)) {
	for name, start := range map[string]func() (*Guard, error){"process": Start, "local": Local} {
		t.Run(name, func(t *testing.T) {
			g, err := start()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := g.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, g)
		})
	}
}

// holdPipe has a guard hold the one end of a pipe, and returns the other, which ends
// when the guard closes it.
func holdPipe(t testing.TB, g *Guard, lasts time.Duration) (*Held, *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	h, err := g.Reserve(lasts)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Take([]int{int(writer.Fd())}); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	h.Handed(lasts)
	return h, reader
}

// closedWithin reports whether the guard closes the pipe's other end in time.
func closedWithin(t testing.TB, pipe *os.File, within time.Duration) bool {
	t.Helper()
	if err := pipe.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	_, err := pipe.Read(make([]byte, 1))
	if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	return errors.Is(err, io.EOF)
}

func TestHeldUntilClosed(t *testing.T) {
	onEveryGuard(t, func(t *testing.T, g *Guard) {
		h, pipe := holdPipe(t, g, 0)
		if closedWithin(t, pipe, short) {
			t.Fatal("it was closed while nobody wanted it to be")
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		if !closedWithin(t, pipe, soon) || h.LapsedNS() != 0 {
			t.Errorf("it was not closed, or had lapsed at %d", h.LapsedNS())
		}
		if err := h.Close(); err != nil {
			t.Errorf("closed again: %v", err)
		}
	})
}

// TestLeaseRunsOut renews a lease for longer than it lasts, and then no more.
func TestLeaseRunsOut(t *testing.T) {
	onEveryGuard(t, func(t *testing.T, g *Guard) {
		h, pipe := holdPipe(t, g, soon)
		_, other := holdPipe(t, g, 0)
		for range 3 {
			h.Renew(soon)
			if closedWithin(t, pipe, short/3) {
				t.Fatal("it was closed though its lease was renewed")
			}
		}
		before := nowNS()
		h.Renew(short)
		if !closedWithin(t, pipe, soon) {
			t.Fatal("it was not closed though its lease ran out")
		}
		<-h.Gone()
		if at := int64(h.LapsedNS()); at < before+int64(short) || at > nowNS() {
			t.Errorf("it lapsed at %d, want a moment from %d on", at, before+int64(short))
		}
		h.Renew(soon)
		if h.LapsedNS() == 0 {
			t.Error("a lease that had run out was renewed")
		}
		if closedWithin(t, other, short/3) {
			t.Error("another was closed too")
		}
	})
}

// TestManyDescriptors are more than go with one message, and all there are leases for.
func TestManyDescriptors(t *testing.T) {
	onEveryGuard(t, func(t *testing.T, g *Guard) {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		fds := make([]int, 2*maxDescriptors+1)
		for i := range fds {
			if fds[i], err = unix.Dup(int(writer.Fd())); err != nil {
				t.Fatal(err)
			}
		}
		writer.Close()
		h, err := g.Reserve(0)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Take(fds); err != nil {
			t.Fatal(err)
		}
		closeAll(fds)
		h.Handed(0)
		if closedWithin(t, reader, short) {
			t.Error("it was closed while nobody wanted it to be")
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		if !closedWithin(t, reader, soon) {
			t.Error("not all were closed")
		}
	})
}

// TestFull reserves all there is, twice, and one more.
func TestFull(t *testing.T) {
	onEveryGuard(t, func(t *testing.T, g *Guard) {
		for range 2 {
			all := make([]*Held, maxHeld)
			for i := range all {
				var err error
				if all[i], err = g.Reserve(0); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := g.Reserve(0); !errors.Is(err, ErrFull) {
				t.Errorf("one more: error %v, want %v", err, ErrFull)
			}
			for _, h := range all {
				if err := h.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// TestLapseAll ends leases that would never, and that nobody can renew after it.
func TestLapseAll(t *testing.T) {
	onEveryGuard(t, func(t *testing.T, g *Guard) {
		h, pipe := holdPipe(t, g, 0)
		g.LapseAll()
		h.Renew(0)
		if !closedWithin(t, pipe, soon) || h.LapsedNS() == 0 {
			t.Error("it was not closed, or has not lapsed")
		}
		_, next := holdPipe(t, g, 0)
		if closedWithin(t, next, short) {
			t.Error("what was held after it was closed too")
		}
	})
}

// TestGuardDies has everything closed, and says so.
func TestGuardDies(t *testing.T) {
	for name, signal := range map[string]unix.Signal{"killed": unix.SIGKILL, "stopped": unix.SIGSTOP} {
		t.Run(name, func(t *testing.T) {
			g, err := Start()
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			h, pipe := holdPipe(t, g, 0)
			released, _ := holdPipe(t, g, 0)
			if err := unix.Kill(g.PID(), signal); err != nil {
				t.Fatal(err)
			}
			if err := released.Close(); err != nil { // which finds out about the stopped one
				t.Error(err)
			}
			if !closedWithin(t, pipe, soon) {
				t.Error("it was not closed")
			}
			<-h.Gone()
			if h.LapsedNS() == 0 || !g.Dead() {
				t.Errorf("lapsed at %d, dead: %v", h.LapsedNS(), g.Dead())
			}
			if _, err := g.Reserve(0); !errors.Is(err, ErrDead) {
				t.Errorf("error %v, want %v", err, ErrDead)
			}
		})
	}
}

// TestGuardIgnoresTheTerminal sends it what a terminal sends to all that it runs.
func TestGuardIgnoresTheTerminal(t *testing.T) {
	g, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	h, pipe := holdPipe(t, g, 0)
	for _, s := range []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGTSTP} {
		if err := unix.Kill(g.PID(), s); err != nil {
			t.Fatal(err)
		}
	}
	if session, err := unix.Getsid(g.PID()); err != nil || session != g.PID() {
		t.Errorf("it is in session %d (%v), want one of its own", session, err)
	}
	if closedWithin(t, pipe, short) || h.Close() != nil || g.Dead() {
		t.Error("it has let go")
	}
	if g.CPU() == 0 || g.Resident() == 0 {
		t.Errorf("it says to have used %v, and to hold %d bytes", g.CPU(), g.Resident())
	}
	t.Logf("the guard used %v, and holds %d KB", g.CPU(), g.Resident()>>10)
}

// client is a process that has a guard of its own hold a pipe's end. See TestClient.
type client struct {
	process *exec.Cmd
	pipe    *os.File
	guard   int
}

// startClient starts one that does as it is told, and waits until it has.
func startClient(t *testing.T, what string) client {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command("/proc/self/exe", "-test.run=^TestClient$")
	process.Env = append(os.Environ(), "OTWATCH_TEST_CLIENT="+what)
	process.ExtraFiles = []*os.File{writer}
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	t.Cleanup(func() { reader.Close(); process.Process.Kill(); process.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return client{process, reader, pid}
}

// TestClient is the process of startClient.
func TestClient(t *testing.T) {
	what := os.Getenv("OTWATCH_TEST_CLIENT")
	if what == "" {
		return // it is for other tests to run as a process
	}
	g, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	h, err := g.Reserve(short)
	if err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString(strconv.Itoa(g.PID()) + "\n")
	if what == "stopped between" {
		unix.Kill(os.Getpid(), unix.SIGSTOP)
		time.Sleep(time.Millisecond) // for the signal to come
	}
	if err := h.Take([]int{3}); err != nil {
		t.Fatal(err)
	}
	unix.Close(3)
	h.Handed(short)
	for range time.Tick(short / 10) {
		h.Renew(short)
	}
}

func (c client) stopped(t *testing.T) bool {
	t.Helper()
	p, err := newPartner(c.process.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(p.pidfd)
	return p.stopped()
}

// awaitEnd waits until there is no process of that pid.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(soon); unix.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d has not ended", pid)
		}
	}
}

// TestStoppedClient loses what it holds, as does one that is killed, whose guard ends.
func TestStoppedClient(t *testing.T) {
	for name, signal := range map[string]unix.Signal{"stopped": unix.SIGSTOP, "killed": unix.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			c := startClient(t, "renew")
			if closedWithin(t, c.pipe, 3*short) {
				t.Fatal("it was closed though its lease was renewed")
			}
			if err := c.process.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if !closedWithin(t, c.pipe, soon) {
				t.Error("it was not closed")
			}
			t.Logf("it was closed after %v", time.Since(began))
			c.process.Process.Kill()
			c.process.Wait()
			awaitEnd(t, c.guard)
		})
	}
}

// TestStoppedWhileHandingOver has a client stop when it alone has the descriptor: it
// goes on until it has not, and is stopped then.
func TestStoppedWhileHandingOver(t *testing.T) {
	c := startClient(t, "stopped between")
	if !closedWithin(t, c.pipe, soon) {
		t.Error("it was not closed")
	}
	for deadline := time.Now().Add(soon); !c.stopped(t); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the client was not stopped again")
		}
	}
}
