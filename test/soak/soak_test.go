package soak

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/agent"
	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/sampler"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/testtarget"
)

var (
	duration = flag.Duration("soak", 30*time.Second, "how long to go on attaching")
	attaches = flag.Int("attaches", 25, "how often to attach, at the least")
)

const (
	// workers attach at the same time.
	workers = 4
	// warmUp is how many attaches it takes until everything that stays is there.
	warmUp = 20
	// heapGrowth is the memory that may be in use more than after the warm-up.
	// What an attach uses is many times that in a thousand of them.
	heapGrowth = 2 << 20
	// patience bounds waits for a target, and for the kernel to let go.
	patience = time.Minute
)

// soak is one run.
type soak struct {
	how      agent.Config
	session  *probes.Session
	endpoint string
	held     held

	attached atomic.Int64
	met      []atomic.Int64 // by fate
}

func TestNothingStaysBehind(t *testing.T) {
	testtarget.NeedRoot(t)
	session, err := probes.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	samples, err := sampler.New(sampler.MaxHz)
	if errors.Is(err, sampler.ErrCut) {
		t.Skipf("KERNEL TEST NOT RUN: %v", err)
	}
	if err != nil {
		t.Fatal(errors.Join(err, session.Close()))
	}
	s := &soak{
		session: session, endpoint: testtarget.Receive(t, testtarget.Accept),
		how:  agent.Config{Budget: 1, Interval: 50 * time.Millisecond, Log: slog.New(slog.DiscardHandler), Sampler: samples},
		held: held{objects: map[object]bool{}, seen: map[string]int{}},
		met:  make([]atomic.Int64, len(fates)),
	}
	s.run(t, func(done int64) bool { return done < warmUp })
	before := measured(t)
	end := time.Now().Add(*duration)
	s.run(t, func(done int64) bool { return time.Now().Before(end) || done < int64(*attaches) })
	after := measured(t)
	t.Logf("%d attaches; before: %v; after: %v", s.attached.Load(), before, after)
	s.compare(t, before, after)
	if err := errors.Join(samples.Close(), session.Close()); err != nil {
		t.Error(err)
	}
	s.kernelLetsGo(t)
}

// run has some workers attach to one target after the other while go on says so
// of the number of attaches.
func (s *soak) run(t *testing.T, goOn func(done int64) bool) {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for goOn(s.attached.Load()) && !t.Failed() {
				i := int(s.attached.Add(1)-1) % len(fates)
				if err := s.attachOnce(fates[i]); err != nil {
					t.Errorf("attach %d, to a target that %s: %v", s.attached.Load(), fates[i].name, err)
				}
				s.met[i].Add(1)
			}
		})
	}
	all.Wait()
}

// attachOnce follows one target to its end.
func (s *soak) attachOnce(f fate) (err error) {
	p, err := start(f, s.endpoint)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.end())
		}
	}()
	process, err := target.Open(p.Process.Pid)
	if err != nil {
		return err
	}
	watcher, err := agent.Watch(s.session, process, s.how)
	if err != nil {
		return errors.Join(err, process.Close())
	}
	if err := errors.Join(s.held.note(), p.begin()); err != nil {
		return errors.Join(err, watcher.Close())
	}
	report, err := s.watch(f, p, watcher)
	if err := errors.Join(err, watcher.Close()); err != nil {
		return err
	}
	_ = p.Wait() // how it ended is in its state
	if status := p.ProcessState.Sys().(syscall.WaitStatus); !f.status(status) {
		return fmt.Errorf("it ended with %v", p.ProcessState)
	}
	return f.check(report)
}

// watch runs a watcher until its target has ended or is to be left alone.
func (s *soak) watch(f fate, p *process, watcher *agent.Watcher) (report.Report, error) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), patience, errors.New("the target did not end"))
	defer cancel()
	if f.detach || f.disturb != nil {
		disturb := time.AfterFunc(spans/2*time.Millisecond, func() {
			if f.disturb != nil {
				_ = f.disturb(p.Process) // how it ended tells
			}
			if f.detach {
				cancel()
			}
		})
		defer disturb.Stop()
	}
	var total *snapshot.Snapshot
	err := watcher.Run(ctx, func(s snapshot.Snapshot) error {
		if total != nil {
			s = total.Merge(s)
		}
		total = &s
		return nil
	})
	if f.replaced && errors.Is(err, target.ErrReplaced) {
		err = nil
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(err, cause)
	}
	if err != nil || total == nil {
		return report.Report{}, errors.Join(err, fmt.Errorf("seen: %v", total != nil))
	}
	return analyzer.Analyze(*total), nil
}

// check compares what was seen with what the target made.
func (f fate) check(r report.Report) error {
	for name, e := range map[string]*estimate.Estimate{"started": r.Spans.Started, "ended": r.Spans.Ended, "exported": r.Spans.Exported} {
		if f.exact && (e == nil || !e.Exact || e.Value != spans) {
			return fmt.Errorf("%s = %+v, want exactly %d", name, e, spans)
		}
		if e != nil && e.Exact && e.Value > 2*spans { // two lives at the most
			return fmt.Errorf("%s = %+v of a target that makes %d", name, e, spans)
		}
	}
	return nil
}

func measured(t *testing.T) usage {
	t.Helper()
	u, err := measure()
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// compare wants no more in use than after the warm-up.
func (s *soak) compare(t *testing.T, before, after usage) {
	if after.descriptors > before.descriptors || after.goroutines > before.goroutines || after.pinned > before.pinned {
		t.Errorf("something stays behind: %v, was %v", after, before)
	}
	if after.heap > before.heap+heapGrowth {
		t.Errorf("the heap grew from %d to %d bytes in %d attaches", before.heap, after.heap, s.attached.Load())
	}
	for i, f := range fates {
		if s.met[i].Load() == 0 {
			t.Errorf("no target %s: this proves nothing of it", f.name)
		}
	}
}

// kernelLetsGo waits until the kernel has none of the programs, maps and links
// any more, some of which it frees in its own time.
func (s *soak) kernelLetsGo(t *testing.T) {
	t.Logf("%d programs, %d maps and %d links were held", s.held.seen["prog_id"], s.held.seen["map_id"], s.held.seen["link_id"])
	if s.held.seen["prog_id"] == 0 || s.held.seen["map_id"] == 0 {
		t.Error("no program or map was seen: this proves nothing")
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		left, err := s.held.remaining()
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the kernel still has %v", left)
		}
	}
}
