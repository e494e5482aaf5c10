package agent

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

// What reading the list of goroutines may cost, each minute, and what reading the spans that are
// kept.
const (
	readBytes = 1 << 20
	readTime  = 5 * time.Millisecond
)

// goroutineReading is how long one reading of the list takes at most.
const goroutineReading = 3 * time.Millisecond

// goroutineRest and goroutineRestMost are how long the list is not read again at least, and at
// most.
const (
	goroutineRest     = 10 * time.Second
	goroutineRestMost = time.Minute
)

// goroutineMeter reads the list of a process's goroutines now and then.
type goroutineMeter struct {
	list     *memory.Goroutines
	unread   error // why it is not read; nil if it is
	odd      int   // how many times in a row no list was found where it should be
	due      time.Time
	readings []snapshot.GoroutineReading
}

// newGoroutineMeter finds the list of a process's goroutines.
func newGoroutineMeter(process *target.Process, reader memory.Reader, resolve func(uint64) (string, bool)) *goroutineMeter {
	m := &goroutineMeter{}
	m.list, m.unread = findGoroutines(process.Binary, process.Bias, reader, resolve)
	return m
}

// goexit is the runtime's function that functions which goroutines are started with return to:
// behind its first instruction.
const goexit = "runtime.goexit"

// firstInstruction is its length, by GOARCH. Source: src/runtime/asm_amd64.s, asm_arm64.s.
var firstInstruction = map[string]uint64{"amd64": 1, "arm64": 4}

func findGoroutines(b *gobinary.Binary, bias uint64, reader memory.Reader, resolve func(uint64) (string, bool)) (*memory.Goroutines, error) {
	fields, err := layout.Runtime.Of(b.GoVersion)
	if err != nil {
		return nil, err
	}
	found, err := b.Functions(memory.AddGoroutine, goexit)
	if err != nil {
		return nil, err
	}
	if len(found[memory.AddGoroutine]) == 0 || len(found[goexit]) == 0 {
		return nil, fmt.Errorf("the program has no %s or no %s", memory.AddGoroutine, goexit)
	}
	references, err := b.References(found[memory.AddGoroutine][0])
	if err != nil {
		return nil, err
	}
	for i := range references {
		references[i] += bias
	}
	exit := found[goexit][0].Address + bias + firstInstruction[b.Arch]
	return memory.FindGoroutines(reader, references, exit, fields, resolve)
}

// read reads the list if that is due.
func (m *goroutineMeter) read(now time.Time) {
	if m.unread != nil || now.Before(m.due) {
		return
	}
	began := time.Now()
	reading, bytes, err := m.list.Read(goroutineReading, rand.Uint64N)
	took := time.Since(began)
	m.due = now.Add(restAfter(bytes, took, goroutineRest, goroutineRestMost))
	m.take(now, reading, err)
}

// mostOdd is how many times in a row no list must be found for it not to be read again.
const mostOdd = 3

// take takes in a reading. Other errors than that there is no list are about the process, which
// may have ended or not have answered: what was read before stays.
func (m *goroutineMeter) take(now time.Time, reading snapshot.GoroutineReading, err error) {
	switch {
	case errors.Is(err, memory.ErrNoGoroutines):
		if m.odd++; m.odd == mostOdd {
			m.unread, m.readings = err, nil
		}
	case err == nil:
		m.odd = 0
		reading.At = now.Round(0)
		m.keep(reading)
	}
}

// restAfter is how long something is not read again, by what a reading has cost.
func restAfter(bytes int, took, least, most time.Duration) time.Duration {
	byBytes := time.Minute * time.Duration(bytes) / readBytes
	byTime := time.Minute * min(took, readTime) / readTime
	return min(max(byBytes, byTime, least), most)
}

// keep adds a reading. If there are too many, every second one is dropped, but the first.
func (m *goroutineMeter) keep(reading snapshot.GoroutineReading) {
	if len(m.readings) == snapshot.MaxGoroutineReadings {
		var kept []snapshot.GoroutineReading
		for pair := range slices.Chunk(m.readings, 2) {
			kept = append(kept, pair[0])
		}
		m.readings = kept
	}
	m.readings = append(m.readings, reading)
}

// interval returns what has been read.
func (m *goroutineMeter) interval() snapshot.Goroutines {
	return snapshot.Goroutines{Readings: slices.Clone(m.readings)}
}
