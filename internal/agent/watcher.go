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
	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/sampler"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

const (
	// balanceInterval is how often allowances are renewed. The kernel reports at once when a
	// group has spent its allowance.
	balanceInterval = time.Second
	// silence is how long no span must have ended before it is logged that otwatch waits.
	silence = 3 * time.Second
)

// Watcher watches one target. Call Run once, or not at all, and then Close.
type Watcher struct {
	config  Config
	process *target.Process
	reader  memory.Reader // of the process's memory

	// Probes and what they may cost.
	probes     prober
	windows    *windows
	charge     chargeMeter
	budget     float64 // as of the last allowances
	controller *budget.Controller
	host       *hostLimit
	samples    *sampler.Watch // nil without a Sampler
	sampling   time.Duration  // CPU time that samples have cost the process

	// What is counted of the target.
	identity   *identity
	components *accounting.Components
	builds     *accounting.Builds
	heap       accounting.Heap
	names      *accounting.Names
	values     *accounting.Values
	texts      snapshot.Texts
	follow     *accounting.FollowedSpans
	unfollowed error          // why no span is followed; nil if spans are
	fields     layout.Layout  // of the SDK's structs; nil if it is not known
	started    memory.Started // reads followed spans
	use        *useMeter
	scheduling *schedulingMeter
	goroutines *goroutineMeter
	foreign    *foreignMeter
	kept       *keptMeter

	attached   time.Time
	pace       pace
	waiting    bool         // it was logged that there is no span yet
	balanced   time.Time    // when allowances were last renewed
	intervalAt time.Time    // start of the interval under way
	due        time.Time    // its end
	before     probes.Usage // at its start
	unrecorded unrecorded
	starting   bool // this is the first interval, and the process has been watched from its start
	finishing  bool // the last Snapshot is being made
	released   bool // because the process is no longer selected
	replaced   bool // the program was replaced: the last samples may be the next one's
}

// Watch attaches to a process, which belongs to the Watcher from then on and is closed with
// it. If Watch fails the process still belongs to the caller. session may be nil if targets
// get no probes, see Config.
func Watch(session *probes.Session, process *target.Process, config Config) (_ *Watcher, err error) {
	w := &Watcher{
		config:   config,
		process:  process,
		reader:   process.Reader(),
		host:     config.Host.join(process.PID, process.StartTicks),
		pace:     newPace(),
		starting: process.FromStart,
	}
	w.components = accounting.NewComponents(examiner{w}, monotonicNS())
	w.builds = accounting.NewBuilds(process.Frames)
	w.identity = newIdentity(process, process.Configured())
	w.budget = config.budgetOf(w.identity.target)
	w.controller = budget.New(w.budget, probes.Rare)
	w.names = accounting.NewNames(w.isSnapshot)
	w.values = accounting.NewValues()
	w.follow = accounting.NewFollowedSpans(process.Frames, monotonicNS())
	if err := w.probe(session); err != nil {
		w.host.leave(nil)
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
	w.use.shortage = config.logShortage
	w.scheduling = newSchedulingMeter(process.PID, process.Ended)
	w.goroutines = newGoroutineMeter(process, w.reader, w.resolve)
	w.foreign = newForeignMeter(process, w.probes.Addresses(), w.resolve)
	w.attached = time.Now()
	if err := w.sample(); err != nil {
		return nil, err
	}
	w.windows = newWindows(w.probes, w.charge.cost(), w.budget, config, w.host, w.components, w.gate)
	w.prepareFollowing()
	w.windows.renewLeases(pollInterval)
	if err := w.windows.openAll(w.limits(probes.Usage{})); err != nil {
		return nil, err
	}
	if err := process.Same(); err != nil { // what was set up by the pid may be another process's
		return nil, err
	}
	w.intervalAt = time.Now()
	w.due = w.intervalAt.Add(config.Interval)
	config.Log.Info("attached", "pid", process.PID, "service", process.ServiceName,
		"probes", w.probes.Count(), "took", time.Since(w.attached).Round(time.Millisecond))
	return w, nil
}

// probe finds the places of the process's probes, if it gets any. If its memory cannot be
// read, its code cannot be verified: it gets none, and CPU time is sampled only.
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

// Close detaches and closes the process.
func (w *Watcher) Close() error {
	return errors.Join(w.detach(), w.process.Close())
}

func (w *Watcher) detach() error {
	var spent []time.Duration
	if usage, err := w.probes.Usage(); err == nil {
		spent = usage.Spent[:]
	}
	w.host.leave(spent)
	if w.samples != nil {
		w.samples.Close()
	}
	return w.probes.Close()
}

// Run calls emit with a Snapshot of every interval, the last time when the process or ctx
// ends. It returns nil in both cases, and target.ErrReplaced when the process has replaced
// its program.
func (w *Watcher) Run(ctx context.Context, emit func(snapshot.Snapshot) error) error {
	poll := time.NewTimer(pollInterval)
	defer poll.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			w.released = errors.Is(context.Cause(ctx), errReleased)
			return w.finish(w.process.Ended(), emit)
		case <-w.process.Done():
			w.config.Log.Info("the process has ended", "pid", w.process.PID)
			return w.finish(true, emit)
		case <-w.probes.Overspent():
			err = w.balance()
		case <-w.windows.stretches.timer.C:
			err = w.balance()
		case <-w.probes.Sighted():
			err = w.collect()
		case <-poll.C:
			if w.replaced = w.process.Replaced(); w.replaced {
				return cmp.Or(w.finish(true, emit), target.ErrReplaced)
			}
			err = w.tick(emit)
			next := w.pace.next(time.Now(), w.config.quiet(), w.hurried())
			w.windows.renewLeases(next)
			poll.Reset(next)
		}
		if err := w.tolerate(err); err != nil {
			return err
		}
	}
}

// tolerate logs the error of a shortage of resources and drops it: some figures are missing,
// and what failed is tried again.
func (w *Watcher) tolerate(err error) error {
	var emitted emitError
	if !scarce(err) || errors.As(err, &emitted) {
		return err
	}
	w.config.logShortage(err)
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

// hurried reports whether the target must be looked at at the fastest pace: probes are on the
// path of every span or, if there are few targets, spans are followed.
func (w *Watcher) hurried() bool {
	return w.windows.hot() || w.config.stretch() == 1 && len(w.follow.Addresses()) > 0
}

// finish emits the last Snapshot.
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

// look takes in what was recorded since the last look, and reads the followed spans and the
// queues.
func (w *Watcher) look() error {
	followed := w.readFollowed()
	if err := w.collect(); err != nil {
		return err
	}
	w.lookAtFollowed(followed)
	weight, held, room := w.pace.weight(time.Now()), uint64(0), uint64(0)
	for _, p := range w.components.Batches() {
		if image, err := memory.Copy(w.reader, p.Address); err == nil {
			p.Look(image, monotonicNS(), weight)
			held, room = held+image.QueueLen, room+image.QueueCap
			w.readText(image)
		}
	}
	for _, p := range w.components.LogProcessors() {
		if reading, err := p.Read(w.reader); err == nil {
			p.Look(reading)
		}
	}
	w.pace.see(held, room)
	w.use.look()
	w.logSilence()
	return nil
}

// logSilence logs once that no span processor has been found.
func (w *Watcher) logSilence() {
	if w.components.Known() > 0 || w.waiting || w.probes.Count() == 0 || time.Since(w.attached) < silence {
		return
	}
	w.waiting = true
	w.config.Log.Info("no span processor has received a span yet; waiting for the first", "pid", w.process.PID)
}

// collect takes in what the probes have recorded.
func (w *Watcher) collect() error {
	if err := w.probes.Drain(); err != nil {
		return err
	}
	records := w.probes.Take()
	w.identity.addSightings(records.Sightings, w.isSnapshot, func(address uint64) (snapshot.Resource, error) {
		return memory.ReadResource(w.reader, address)
	})
	w.readSamplers(records.Starts)
	discover := w.components.Record(records)
	w.builds.Record(records)
	w.components.AddCallers(records.Callers, w.process.Frames)
	w.heap.Record(records.Collections)
	w.names.Record(records.Spans, monotonicNS())
	w.follow.Record(records)
	w.kept.see(records.Starts, time.Now())
	found, err := w.findLogs(records.Emitted)
	if err != nil {
		return err
	}
	if found {
		if err := w.collect(); err != nil {
			return err
		}
	}
	if !discover {
		return nil
	}
	return unlessEnding(w.windows.discover())
}

// unlessEnding drops the error of a process that can no longer be probed because it is
// ending: Run sees its end next.
func unlessEnding(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// balance shuts the groups that have spent their allowances and renews those of the others.
func (w *Watcher) balance() error {
	w.balanced = time.Now()
	w.renewBudget()
	usage, err := w.probes.Usage()
	if err != nil {
		return err
	}
	w.allowFollowing()
	lapsed, err := w.windows.shutLapsed(usage)
	if err != nil {
		return err
	}
	w.logLapsed(lapsed)
	limits := w.limits(usage)
	shut, err := w.windows.balance(usage, limits)
	err = errors.Join(err, w.windows.restore(lapsed, usage, limits))
	for _, group := range shut {
		w.config.Log.Warn("probes closed: they would exceed the budget",
			"pid", w.process.PID, "probes", group, "budget", fmt.Sprintf("%g%%", w.budget*100))
	}
	return unlessEnding(err)
}

// renewBudget takes over a budget that has been changed.
func (w *Watcher) renewBudget() {
	w.budget = w.config.budgetOf(w.identity.target)
	w.controller.SetShare(w.budget)
	w.windows.unlimited = w.budget >= budget.Unlimited
}

// limits is how much each group may have spent, by the target's budget and the host's.
func (w *Watcher) limits(usage probes.Usage) []time.Duration {
	used := w.budgetUsage(usage)
	return w.host.limits(used, w.controller.Limits(used))
}

func (w *Watcher) budgetUsage(usage probes.Usage) budget.Usage {
	return budget.Usage{Elapsed: time.Since(w.attached), TargetCPU: w.use.clock.used(), Sampling: w.sampling, Spent: usage.Spent[:]}
}
