package monitor

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// maxTargetBytes is the memory that one target may take.
const maxTargetBytes = 12 << 20

// maxMemoBytes is the memory of the cache of classified stacks, for all targets.
const maxMemoBytes = 6 << 20

// program makes a new stack each time.
type program struct {
	frames []*snapshot.Frame
	next   int
}

func newProgram() *program {
	p := &program{}
	for i := range 400 {
		p.frames = append(p.frames, &snapshot.Frame{Function: fmt.Sprintf("main.f%d", i), File: "/src/main.go", Line: i})
	}
	return p
}

// stack is 120 deep, below the functions given.
func (p *program) stack(count uint64, leaves ...string) snapshot.Stack {
	var frames []*snapshot.Frame
	for _, leaf := range leaves {
		frames = append(frames, &snapshot.Frame{Function: leaf})
	}
	p.next++
	for digits, depth := p.next, 0; depth < 120; depth++ {
		frames = append(frames, p.frames[digits%len(p.frames)])
		digits = digits/len(p.frames) + depth
	}
	return snapshot.NewStack(count, frames...)
}

const endOfSpan = "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End"

// samples are 60 of the application and 20 of tracing, with new stacks.
func (p *program) samples() snapshot.Samples {
	s := snapshot.Samples{Hz: 100}
	for range 30 {
		s.Stacks = append(s.Stacks, p.stack(2))
	}
	for range 10 {
		s.Stacks = append(s.Stacks, p.stack(2, "runtime.mallocgc", endOfSpan))
	}
	return s
}

// crowded is an interval in which everything that a target can have many of is at its limit,
// and new each time.
func crowded(n int) snapshot.Snapshot {
	s := interval(checkout, n)
	s.Exports, s.Processors = nil, nil
	for i := range uint64(64) {
		s.Exports = append(s.Exports, snapshot.Exporter{Address: i, Operations: 64, Latest: make([]snapshot.Operation, 64)})
		calls := snapshot.Calls{Count: 64, Durations: make([]time.Duration, 64)}
		s.Processors = append(s.Processors,
			snapshot.Processor{Address: 1000 + i, Exporter: i, Flushes: calls, Shutdowns: calls},
			snapshot.Processor{Address: 2000 + i, Exporter: i, Simple: true, Shutdowns: calls})
	}
	for i := range snapshot.MaxNames {
		s.Names.Add(snapshot.Name{Scope: fmt.Sprintf("%060d", n), Name: fmt.Sprintf("%064d", n*snapshot.MaxNames+i), Read: 1, Spans: 1})
	}
	for i := range 128 {
		site := snapshot.Frame{Function: fmt.Sprintf("main.f%d", i), File: "/src/main.go", Line: n}
		s.Following.Sites = append(s.Following.Sites, snapshot.FollowedSite{Site: site, Followed: 1, Weight: 1})
	}
	return s
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first found to be finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestTargetIsBounded watches targets that do everything to make otwatch grow: the memory that
// they take stops growing, below a limit.
func TestTargetIsBounded(t *testing.T) {
	p := newProgram()
	for name, make := range map[string]func(n int) snapshot.Snapshot{
		"every stack another": func(n int) snapshot.Snapshot {
			s := interval(checkout, n)
			s.Samples = p.samples()
			for range 60 {
				s.Samples.Stacks = append(s.Samples.Stacks, p.stack(1))
			}
			return s
		},
		"crowds of all else": crowded,
		"the clock goes back again and again": func(n int) snapshot.Snapshot {
			s := interval(checkout, n)
			s.Samples = p.samples()
			s.Start = start.Add(-time.Duration(n/20) * time.Hour)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			const early, late = 40, 120
			m := &Monitor{}
			empty, grown := heap(), uint64(0)
			for n := range late {
				m.Add(make(n))
				if n == early {
					grown = heap() - empty
				}
			}
			if now := heap() - empty; now > maxTargetBytes+maxMemoBytes || now > grown+maxMemoBytes {
				t.Errorf("%d KB after %d intervals, %d KB after %d; want no more but for %d KB, and at the most %d KB",
					now>>10, late, grown>>10, early, maxMemoBytes>>10, (maxTargetBytes+maxMemoBytes)>>10)
			}
			runtime.KeepAlive(m)
		})
	}
}

// TestSharesStayRight has a new stack in every sample: a quarter is tracing's, with the same
// estimate as in all Snapshots merged.
func TestSharesStayRight(t *testing.T) {
	p := newProgram()
	var m Monitor
	var all []snapshot.Snapshot
	for n := range 30 {
		s := interval(checkout, n)
		s.Samples = p.samples()
		all = append(all, s)
		m.Add(s)
	}
	got, want := m.Totals()[0].CPU, analyzer.Analyze(testsnapshot.Merged(all)).CPU
	if *got.Tracing.Direct != *want.Tracing.Direct || *got.Tracing.Share != *want.Tracing.Share || got.Stages["end"].Share.N != 30*80 {
		t.Errorf("tracing %+v of %+v, want %+v", got.Tracing.Direct, got.Stages["end"], want.Tracing.Direct)
	}
	if share := got.Tracing.Direct; share.Low > 0.25 || share.High < 0.25 {
		t.Errorf("tracing has %+v of the samples, want 0.25", share)
	}
}

// TestStacksOfAllTargetsAreBounded keeps stacks for a profile: the target with the most loses
// its own.
func TestStacksOfAllTargetsAreBounded(t *testing.T) {
	hostile, healthy := newProgram(), snapshot.NewStack(7, &snapshot.Frame{Function: "main.main"})
	m := Monitor{Keep: history.Keep{Stacks: true}}
	one := interval(checkout, 0)
	one.Samples = snapshot.Samples{Hz: 100, Stacks: []snapshot.Stack{healthy}}
	m.Add(one)
	var stacks uint64
	for n := range 10 {
		s := interval(snapshot.Target{PID: n}, 0)
		for range 7000 {
			s.Samples.Stacks = append(s.Samples.Stacks, hostile.stack(1))
			stacks++
		}
		m.Enter(s)
	}
	var kept, bytes uint64
	for _, t := range m.targets {
		bytes += uint64(t.stackBytes.Load())
	}
	all := m.Snapshots()
	for _, s := range all[1:] {
		for _, stack := range s.Samples.Stacks {
			kept += stack.Count
		}
	}
	if bytes > maxStackBytes || kept != stacks {
		t.Errorf("%d KB of stacks with %d samples, want %d KB at the most with %d", bytes>>10, kept, maxStackBytes>>10, stacks)
	}
	if s := all[0].Samples.Stacks; len(s) != 1 || s[0].ID != healthy.ID || s[0].Count != 7 {
		t.Errorf("the other target has %+v, want its stack", s)
	}
}

// TestEndedWithCrowdsAreForgotten earlier than others.
func TestEndedWithCrowdsAreForgotten(t *testing.T) {
	var m Monitor
	for pid := range 30 {
		s := crowded(0)
		s.Target, s.Ended = snapshot.Target{PID: pid}, true
		m.Add(s)
	}
	const each = 64 + 128
	if remembered := len(m.Totals()); remembered != maxEndedParts/each || m.Forgotten().Targets != 30-remembered {
		t.Errorf("%d are remembered, want %d", remembered, maxEndedParts/each)
	}
}
