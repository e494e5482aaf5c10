package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/otwatch/otwatch/internal/accounting"
	"github.com/otwatch/otwatch/internal/budget"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/sampler"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

const (
	// balanceInterval is how often allowances are renewed. That a group has
	// spent its own is told at once.
	balanceInterval = time.Second
	// silence is after how long without any span it is said that otwatch waits.
	silence = 3 * time.Second
)

// Watcher watches one target. It goes from attached to ended or detached, once.
// Close it when Run has returned, or instead of calling Run.
type Watcher struct {
	config     Config
	process    *target.Process
	probes     prober
	reader     memory.Reader
	controller *budget.Controller
	components *accounting.Components
	heap       accounting.Heap
	names      *accounting.Names
	identity   *identity
	follow     *accounting.FollowedSpans
	started    memory.Started
	layout     error // why spans cannot be followed
	texts      snapshot.Texts
	values     *accounting.Values
	use        *useMeter
	windows    *windows
	samples    *sampler.Watch // nil without a Sampler
	charge     chargeMeter
	sampling   time.Duration // what samples have cost the process
	share      *hostShare
	pace       pace
	finishing  bool // the last Snapshot is made
	replaced   bool // the program was: what was sampled last may be the next one's

	attached   time.Time
	waiting    bool         // it was said that there is no span yet
	balanced   time.Time    // when allowances were last renewed
	intervalAt time.Time    // start of the interval under way
	due        time.Time    // its end
	before     probes.Usage // at its start
}

// Watch attaches to a process. The process is the Watcher's from then on, and
// closed with it; if Watch fails it stays the caller's. Without probes, see
// Config, session may be nil.
func Watch(session *probes.Session, process *target.Process, config Config) (_ *Watcher, err error) {
	w := &Watcher{
		config:     config,
		process:    process,
		reader:     process.Reader(),
		controller: budget.New(config.Budget),
		share:      config.Host.join(process.PID, process.StartTicks),
		pace:       newPace(),
	}
	w.components = accounting.NewComponents(examiner{w})
	w.identity = newIdentity(process, process.Configured())
	w.names = accounting.NewNames(w.isSnapshot)
	w.values = accounting.NewValues()
	w.follow = accounting.NewFollowedSpans(process.Frames, monotonicNS())
	if err := w.probe(session); err != nil {
		w.share.leave(nil)
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.detach())
		}
	}()
	if w.use, err = newUseMeter(process.PID, process.StartTicks, process.Ended, config.self); err != nil {
		return nil, err
	}
	w.use.short = config.short
	w.attached = time.Now()
	if err := w.sample(); err != nil {
		return nil, err
	}
	w.arrange()
	w.windows = newWindows(w.probes, w.charge.cost(), config, w.share, w.gate)
	w.windows.tend(pollInterval)
	if err := w.windows.openAll(w.limits(probes.Usage{})); err != nil {
		return nil, err
	}
	if err := process.Same(); err != nil { // what was set up by its pid may be another's
		return nil, err
	}
	w.intervalAt = time.Now()
	w.due = w.intervalAt.Add(config.Interval)
	config.Log.Info("attached", "pid", process.PID, "service", process.ServiceName,
		"probes", w.probes.Count(), "took", time.Since(w.attached).Round(time.Millisecond))
	return w, nil
}

// probe finds the places of the process's probes, if it is to have any. Where
// its memory cannot be read its code cannot be verified, and sampling is all
// there is.
func (w *Watcher) probe(session *probes.Session) error {
	if w.config.Unprobed != "" {
		w.probes = unprobed(w.config.Unprobed)
		return nil
	}
	attachment, err := session.Attach(w.process)
	if errors.Is(err, memory.ErrForbidden) && w.config.Sampler != nil {
		w.config.Log.Warn("no probes are placed", "err", err)
		w.probes = unprobed(fmt.Sprintf("no probes are placed, since the code under them cannot be verified: %v", err))
		return nil
	}
	if err != nil {
		return err
	}
	w.probes, w.charge.calibrated = attachment, session.Cost()
	return nil
}

// Close detaches and lets go of the process.
func (w *Watcher) Close() error {
	return errors.Join(w.detach(), w.process.Close())
}

func (w *Watcher) detach() error {
	var spent []time.Duration
	if usage, err := w.probes.Usage(); err == nil {
		spent = usage.Spent[:]
	}
	w.share.leave(spent)
	if w.samples != nil {
		w.samples.Close()
	}
	return w.probes.Close()
}

// Run hands a Snapshot of every interval to emit, the last one when the process
// or ctx ends. It returns nil in both cases, and target.ErrReplaced when the process has
// begun another program.
func (w *Watcher) Run(ctx context.Context, emit func(snapshot.Snapshot) error) error {
	poll := time.NewTimer(pollInterval)
	defer poll.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return w.finish(false, emit)
		case <-w.process.Done():
			w.config.Log.Info("the process has ended", "pid", w.process.PID)
			return w.finish(true, emit)
		case <-w.probes.Overspent():
			err = w.balance()
		case <-w.probes.Sighted():
			err = w.collect()
		case <-poll.C:
			if w.replaced = w.process.Replaced(); w.replaced {
				return cmp.Or(w.finish(true, emit), target.ErrReplaced)
			}
			err = w.tick(emit)
			next := w.pace.next(time.Now(), w.config.quiet(), w.hurried())
			w.windows.tend(next)
			poll.Reset(next)
		}
		if err := w.endure(err); err != nil {
			return err
		}
	}
}

// endure drops the error of what ran short: it loses figures, and is tried again.
func (w *Watcher) endure(err error) error {
	var emitted emitError
	if !scarce(err) || errors.As(err, &emitted) {
		return err
	}
	w.config.short(err)
	return nil
}

// tick does what is due.
func (w *Watcher) tick(emit func(snapshot.Snapshot) error) error {
	if err := w.look(); err != nil {
		return err
	}
	if time.Since(w.balanced) >= w.config.balance(w.windows.hot()) || len(w.windows.lapsed()) > 0 {
		if err := w.balance(); err != nil {
			return err
		}
	}
	late := time.Since(w.due)
	if late < 0 {
		return nil
	}
	interval := w.config.interval()
	w.due = w.due.Add(interval * (1 + late/interval))
	return w.emit(false, emit)
}

// hurried reports whether the next look cannot wait: probes stand on the path of
// every span or, where there are few targets, spans are followed.
func (w *Watcher) hurried() bool {
	return w.windows.hot() || w.config.stretch() == 1 && len(w.follow.Addresses()) > 0
}

// finish emits what has come since the last Snapshot.
func (w *Watcher) finish(ended bool, emit func(snapshot.Snapshot) error) error {
	w.finishing = true
	if err := w.collect(); err != nil {
		return err
	}
	if ended {
		w.components.End()
	}
	return w.emit(ended, emit)
}

// look takes in what was recorded since the last look and reads the queues.
func (w *Watcher) look() error {
	followed := w.readFollowed()
	if err := w.collect(); err != nil {
		return err
	}
	w.enterFollowed(followed)
	weight, held, room := w.pace.weight(time.Now()), uint64(0), uint64(0)
	for _, p := range w.components.Batches() {
		if image, err := memory.Copy(w.reader, p.Address); err == nil {
			p.Look(image, monotonicNS(), weight)
			held, room = held+image.QueueLen, room+image.QueueCap
			w.readText(image)
		}
	}
	w.pace.see(held, room)
	w.tellOfSilence()
	return nil
}

// tellOfSilence says once that probes wait for the first span.
func (w *Watcher) tellOfSilence() {
	if w.components.Known() > 0 || w.waiting || w.probes.Count() == 0 || time.Since(w.attached) < silence {
		return
	}
	w.waiting = true
	w.config.Log.Info("no span has ended yet; waiting for the first", "pid", w.process.PID)
}

// collect takes in what was recorded since the last time.
func (w *Watcher) collect() error {
	if err := w.probes.Drain(); err != nil {
		return err
	}
	records := w.probes.Take()
	w.identity.enter(records.Sightings, w.isSnapshot, func(address uint64) (snapshot.Resource, error) {
		return memory.ReadResource(w.reader, address)
	})
	discover := w.components.Record(records)
	w.heap.Record(records.Collections)
	w.names.Record(records.Spans)
	w.follow.Record(records)
	if !discover {
		return nil
	}
	return unlessEnding(w.windows.discover())
}

// unlessEnding drops the error of a process that cannot be probed any more
// because it is ending; that it has ended shows next.
func unlessEnding(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// balance shuts the groups that have spent what they may and sets the others'
// allowances.
func (w *Watcher) balance() error {
	w.balanced = time.Now()
	usage, err := w.probes.Usage()
	if err != nil {
		return err
	}
	w.drawFollowed()
	lapsed, err := w.windows.clear(usage)
	if err != nil {
		return err
	}
	w.tellOfLapsed(lapsed)
	limits := w.limits(usage)
	shut, err := w.windows.balance(usage, limits)
	err = errors.Join(err, w.windows.restore(lapsed, usage, limits))
	for _, group := range shut {
		w.config.Log.Warn("probes closed: they would exceed the budget",
			"pid", w.process.PID, "probes", group, "budget", fmt.Sprintf("%g%%", w.config.Budget*100))
	}
	return unlessEnding(err)
}

// limits are up to where each group may spend, by the target's own budget and the
// host's.
func (w *Watcher) limits(usage probes.Usage) []time.Duration {
	used := w.budgetUsage(usage)
	return w.share.limits(used, w.controller.Limits(used))
}

func (w *Watcher) budgetUsage(usage probes.Usage) budget.Usage {
	return budget.Usage{Elapsed: time.Since(w.attached), TargetCPU: w.use.clock.used(), Sampling: w.sampling, Spent: usage.Spent[:]}
}
