package subject

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Bench builds programs at their first use and receives what they export. It
// runs one subject at a time.
type Bench struct {
	root string // of the repository
	dir  string
	otlp *receiver
}

// New returns a Bench for the programs of the repository at root.
func New(root string) (*Bench, error) {
	dir, err := os.MkdirTemp("", "otwatch-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the benchmark's programs: %w", err)
	}
	b := &Bench{root: root, dir: dir}
	if b.otlp, err = newReceiver(); err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return b, nil
}

// Close stops the receiver and removes the programs.
func (b *Bench) Close() {
	b.otlp.close()
	_ = os.RemoveAll(b.dir)
}

// Dir is a directory for programs and their files, removed by Close.
func (b *Bench) Dir() string { return b.dir }

// Executable returns the path of the program, built at the first call.
func (b *Bench) Executable(p Program) (string, error) {
	path := filepath.Join(b.dir, p.name())
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, p.build(b.root, b.dir)
}

// Subject is a program with a load.
type Subject struct {
	Name    string
	Program Program
	Args    []string
	Bare    bool     // while tracing is off it is not instrumented either
	Env     []string // of the program, beside what it needs to export
	Rate    float64  // requests/s; 0: as many as Load can
	// Receiver is how what it exports is received; the zero value at once.
	Receiver Receiver
	// Stretch is how many times longer than others it runs, for loads that use
	// little CPU; 0 is 1.
	Stretch int
}

// Length is how long the subject runs where others run for d.
func (s Subject) Length(d time.Duration) time.Duration { return d * time.Duration(max(1, s.Stretch)) }

// Use is what a subject used under its load.
type Use struct {
	CPU       time.Duration
	Elapsed   time.Duration
	Requests  int
	Mean, P99 time.Duration // of the answers, from when they were due
}

// PerRequest is the CPU time of a request, in seconds.
func (u Use) PerRequest() float64 { return u.CPU.Seconds() / float64(u.Requests) }

// Cores is the number of CPUs that were busy.
func (u Use) Cores() float64 { return u.CPU.Seconds() / u.Elapsed.Seconds() }
