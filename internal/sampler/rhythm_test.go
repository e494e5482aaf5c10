package sampler

import (
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestProgramThatWorksByTheClock is met wherever it is in its work, though it works
// as often as it is sampled: else all samples would meet it at work, or none.
func TestProgramThatWorksByTheClock(t *testing.T) {
	const hz = 100
	s := newSampler(t, hz)
	program := testtarget.StartNamed(t, "patient", "-endpoint", testtarget.Receive(t, testtarget.Accept),
		"-rate", strconv.Itoa(hz), "-work", "1000", "-children", "0")
	process, err := target.Open(program.PID())
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	w, err := s.Watch(process, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	before := cpuSeconds(t, program.PID())
	time.Sleep(10 * time.Second)
	samples, err := w.Take()
	if err != nil {
		t.Fatal(err)
	}
	used := cpuSeconds(t, program.PID()) - before
	got, want := float64(kept(samples)), used*hz
	if testtarget.Emulated() && got > 0 {
		return
	}
	if got < want/2 || got > want*2 {
		t.Errorf("%v samples of %v s, want about %.0f", got, used, want)
	}
}

// cpuSeconds is what a process has used.
func cpuSeconds(t *testing.T, pid int) float64 {
	t.Helper()
	process, err := procfs.NewProc(pid)
	if err != nil {
		t.Fatal(err)
	}
	stat, err := process.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return stat.CPUTime()
}

func TestPeriodsVaryAroundTheFrequency(t *testing.T) {
	const draws = 10_000
	var sum, shortest, longest float64
	for range draws {
		drawn := float64(period(100)) / 1e6
		sum += drawn
		if shortest == 0 || drawn < shortest {
			shortest = drawn
		}
		longest = max(longest, drawn)
	}
	if mean := sum / draws; mean < 9.9 || mean > 10.1 || shortest < 9 || shortest > 9.1 || longest > 11 || longest < 10.9 {
		t.Errorf("%v ms, from %v to %v", mean, shortest, longest)
	}
}
