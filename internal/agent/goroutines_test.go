package agent

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/testtarget"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// meterOf is the goroutineMeter of a program.
func meterOf(t testing.TB, pid int) *goroutineMeter {
	t.Helper()
	process, err := target.Open(pid)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { process.Close() })
	resolve := func(address uint64) (string, bool) {
		function, ok, err := process.Binary.FunctionAt(address - process.Bias)
		return function.Name, ok && err == nil
	}
	m := newGoroutineMeter(process, process.Reader(), resolve)
	if m.unread != nil {
		t.Fatal(m.unread)
	}
	return m
}

// TestGoroutines counts the processors of a program, with their connections, which it built
// before.
func TestGoroutines(t *testing.T) {
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-processors", "23", "-spans", "23")
	program.Begin()
	program.AwaitLoad()
	m := meterOf(t, program.PID())
	var r snapshot.GoroutineReading
	var bytes int
	var took time.Duration
	for deadline := time.Now().Add(10 * time.Second); r.Of("gRPC client connection") < 23 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		began := time.Now()
		var err error
		if r, bytes, err = m.list.Read(time.Minute, rand.Uint64N); err != nil {
			t.Fatal(err)
		}
		took = time.Since(began)
	}
	processors, connections := r.Of("batch span processor"), r.Of("gRPC client connection")
	if r.Looked != r.Listed || r.Unknown != 0 || processors != 23 || connections != 23 {
		t.Errorf("%+v, want 23 processors and 23 connections", r)
	}
	t.Logf("%d goroutines: %d bytes in %v", r.Listed, bytes, took)
}

// TestGoroutinesAreReadNowAndThen reads a program's list no more often than it may cost.
func TestGoroutinesAreReadNowAndThen(t *testing.T) {
	m := meterOf(t, testtarget.Start(t).PID())
	now := time.Now()
	for range 3 {
		m.read(now)
	}
	m.read(now.Add(goroutineRest - time.Nanosecond))
	if len(m.readings) != 1 {
		t.Fatalf("%d readings, want 1: %v", len(m.readings), m.unread)
	}
	m.read(now.Add(goroutineRestMost))
	if len(m.readings) != 2 || !m.readings[0].At.Equal(now) {
		t.Errorf("%+v, want two", m.readings)
	}
}

// TestFailedGoroutineReadings keeps what was read unless there is no list, three times in a row.
func TestFailedGoroutineReadings(t *testing.T) {
	none, ended, hangs := memory.ErrNoGoroutines, memory.ErrEnded, untrusted.ErrUnresponsive
	for _, test := range []struct {
		name string
		errs []error
		kept int
		gone bool
	}{
		{"the process ends", []error{nil, nil, ended, ended, ended}, 2, false},
		{"its program is replaced", []error{nil, errors.New("replaced"), errors.New("replaced"), errors.New("replaced")}, 1, false},
		{"it does not answer once", []error{nil, hangs, nil}, 2, false},
		{"no list once and twice", []error{nil, none, nil, none, none, nil}, 3, false},
		{"no list three times", []error{nil, none, none, none}, 0, true},
		{"no list three times, with others between", []error{none, hangs, none, hangs, none}, 0, true},
	} {
		var m goroutineMeter
		for _, err := range test.errs {
			m.take(time.Now(), snapshot.GoroutineReading{Listed: 1}, err)
		}
		if len(m.readings) != test.kept || (m.unread != nil) != test.gone {
			t.Errorf("%s: %d readings, %v", test.name, len(m.readings), m.unread)
		}
	}
}

// TestGoroutineReadingsAreThinned keeps the first and the last of many.
func TestGoroutineReadingsAreThinned(t *testing.T) {
	const n = 1000
	var m goroutineMeter
	for i := range uint64(n) {
		m.keep(snapshot.GoroutineReading{Listed: i})
		if len(m.readings) > snapshot.MaxGoroutineReadings || m.readings[0].Listed != 0 || m.readings[len(m.readings)-1].Listed != i {
			t.Fatalf("after %d: %+v", i, m.readings)
		}
	}
}

// TestRestAfter keeps readings to what they may cost.
func TestRestAfter(t *testing.T) {
	for _, test := range []struct {
		bytes int
		took  time.Duration
		want  time.Duration
	}{
		{1000, 100 * time.Microsecond, goroutineRest},
		{1 << 19, time.Millisecond, 30 * time.Second},
		{1000, 2500 * time.Microsecond, 30 * time.Second},
		{1000, time.Hour, time.Minute},
		{1 << 30, 0, time.Minute},
	} {
		if got := restAfter(test.bytes, test.took, goroutineRest, goroutineRestMost); got != test.want {
			t.Errorf("%d bytes in %v: %v, want %v", test.bytes, test.took, got, test.want)
		}
	}
}
