package agent

import (
	"os"
	"runtime"
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

// TestThreads keeps a thread of this process busy.
func TestThreads(t *testing.T) {
	m := threadMeter{pid: os.Getpid()}
	before := m.interval()
	if before != (snapshot.Threads{}) {
		t.Errorf("the first interval has %+v", before)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for began := time.Now(); time.Since(began) < 200*time.Millisecond; {
	}
	if got := m.interval(); got.Ran < 10*time.Millisecond || got.Ran > time.Minute {
		t.Errorf("a busy thread ran for %v", got.Ran)
	}
	if len(m.threads) > maxThreads {
		t.Errorf("%d threads were read, want no more than %d", len(m.threads), maxThreads)
	}
}

func TestSchedulingAfterTheEnd(t *testing.T) {
	m := newSchedulingMeter(os.Getpid(), func() bool { return true })
	if got := m.interval(); got != (snapshot.Scheduling{}) {
		t.Errorf("an ended process has %+v", got)
	}
}
