package agent

import (
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestParseSchedstat(t *testing.T) {
	for content, want := range map[string]snapshot.Threads{
		"38841148 138586400 132\n":   {Ran: 38841148, Waited: 138586400},
		"0 0 0\n":                    {},
		"":                           {},
		"1 2":                        {},
		"1 -x 3":                     {},
		"18446744073709551615 1 2\n": {},
	} {
		got, ok := parseSchedstat(content)
		if wantOK := want.Ran > 0 || content == "0 0 0\n"; ok != wantOK || ok && got != want {
			t.Errorf("%q: %+v %t, want %+v %t", content, got, ok, want, wantOK)
		}
	}
}

// TestThreads reads a process with one thread, which is busy.
func TestThreads(t *testing.T) {
	busy := exec.Command("sh", "-c", "while :; do :; done")
	if err := busy.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = busy.Process.Kill()
		_ = busy.Wait()
	}()
	m := threadMeter{pid: busy.Process.Pid}
	before := m.interval()
	if before != (snapshot.Threads{}) {
		t.Errorf("the first interval has %+v", before)
	}
	time.Sleep(200 * time.Millisecond)
	if got := m.interval(); got.Ran < 10*time.Millisecond || got.Ran > time.Minute {
		t.Errorf("a busy thread ran for %v", got.Ran)
	}
}

// TestManyThreads reads some of the threads of this process, of which there are more.
func TestManyThreads(t *testing.T) {
	var stay sync.WaitGroup
	defer stay.Wait()
	leave := make(chan struct{})
	defer close(leave)
	for range 2 * maxThreads {
		locked := make(chan struct{})
		stay.Go(func() {
			runtime.LockOSThread() // a thread of its own
			close(locked)
			<-leave
		})
		<-locked
	}
	if got := len(readThreads(os.Getpid())); got == 0 || got > maxThreads {
		t.Errorf("%d threads were read, want up to %d", got, maxThreads)
	}
}

func TestSchedulingAfterTheEnd(t *testing.T) {
	m := newSchedulingMeter(os.Getpid(), func() bool { return true })
	if got := m.interval(); got != (snapshot.Scheduling{}) {
		t.Errorf("an ended process has %+v", got)
	}
}
