package whatif

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// replays is how often a load is replayed under one setting, each time with other moments
// within the intervals and another first export.
const replays = 3

// Outcome is what a batch span processor did in one replay.
type Outcome struct {
	Drops     float64 // share of the ended spans, 0..1
	QueuePeak int     // spans
	MeanBatch float64 // spans; 0 without an export
	Busy      float64 // share of the time in which an export was under way; near 1, the export is the limit
	Took      Took    // of exports
}

// Took is how long exports took.
type Took struct{ P95, P99 time.Duration }

// Forecast is the expected, the best and the worst outcome of a setting. They differ in
// the moments and the order of exports and, if exports of other sizes were not observed,
// in their durations, which have two limits.
type Forecast struct {
	Settings              snapshot.Settings
	Expected, Best, Worst Outcome
	// SizeShown means that the exports show how long other sizes take. Otherwise
	// Expected assumes that larger ones than observed take proportionally longer.
	SizeShown bool
}

// Simulate replays the load under other settings. A processor that blocks instead of
// dropping is replayed as one that drops: what it drops would have waited.
func (r *Replay) Simulate(settings snapshot.Settings) (*Forecast, error) {
	if err := checkSettings(settings); err != nil {
		return nil, err
	}
	return r.forecast(settings), r.exhausted()
}

// maxSize is the largest queue and batch of a replay, in spans.
const maxSize = 1 << 30

// checkSettings returns why no processor can run with these settings, nil if one can.
func checkSettings(s snapshot.Settings) error {
	sized := func(n uint64) bool { return 0 < n && n <= maxSize }
	if !sized(s.MaxQueueSize) || !sized(s.MaxExportBatchSize) || s.BatchTimeout <= 0 {
		return fmt.Errorf("cannot replay a queue of %d, batches of %d and a delay of %v: sizes must be 1 to %d, the delay above 0",
			s.MaxQueueSize, s.MaxExportBatchSize, s.BatchTimeout, maxSize)
	}
	return nil
}

// Replay is a load prepared for forecasts with any settings. Its methods are for one
// goroutine.
type Replay struct {
	load     Load
	seed     uint64
	spans    float64
	service  service
	arrivals [replays][]packed
	last     processor // the one of the last run, whose memory the next one takes
	left     int       // steps
	budget   *untrusted.Budget
	sums     []time.Duration
}

// pace is how fast exports are, and whether the goroutine keeps up with spans that end
// together.
type pace struct {
	exports durations
	prompt  bool
}

func (r *Replay) likely() pace  { return pace{exports: r.service.likely()} }
func (r *Replay) slowest() pace { return pace{exports: r.service.slowest()} }
func (r *Replay) fastest() pace { return pace{exports: r.service.fastest(), prompt: true} }

// NewReplay prepares a load.
func NewReplay(load Load) (*Replay, error) {
	if err := load.check(); err != nil {
		return nil, err
	}
	r := &Replay{load: load, seed: load.seed(), spans: float64(load.spans()), service: newService(load.Exports), left: mostSteps}
	r.letEnd(load.Together)
	return r, nil
}

// letEnd lets so many spans end together in all replays, instead of as many as before.
func (r *Replay) letEnd(together int) {
	r.load.Together = together
	for i := range r.arrivals {
		r.arrivals[i] = r.load.arrivals(r.seed+uint64(i), r.arrivals[i])
		r.spend(placeSteps * len(r.arrivals[i]))
	}
}

func (r *Replay) forecast(settings snapshot.Settings) *Forecast {
	f := r.withoutBest(settings)
	f.Best = r.best(settings)
	return f
}

func (r *Replay) best(settings snapshot.Settings) Outcome { return r.runs(settings, r.fastest())[0] }

// withoutBest is a forecast without its best outcome, which is a third of the work or
// more.
func (r *Replay) withoutBest(settings snapshot.Settings) *Forecast {
	likely := r.runs(settings, r.likely())
	slowest := likely // that they are, where exports of one size tell nothing of others
	if r.service.shown {
		slowest = r.runs(settings, r.slowest())
	}
	return &Forecast{Settings: settings, Expected: likely[replays/2], Worst: slowest[replays-1], SizeShown: r.service.shown}
}

// accepts reports whether every replay with the slowest exports drops less than
// AcceptedDrops. It stops at the first that does not, as soon as that is certain.
func (r *Replay) accepts(settings snapshot.Settings) bool {
	most := int(math.Ceil(AcceptedDrops*r.spans)) - 1
	for i := range replays {
		p := r.processor(settings, r.slowest(), i)
		for _, a := range r.arrivals[i] {
			if p.arrive(a.arrival()); p.dropped > most || p.left <= 0 {
				break
			}
		}
		if r.spent(p); p.left <= 0 {
			r.left = 0 // nobody knows what the rest would drop
		}
		if p.dropped > most || r.left <= 0 {
			return false
		}
	}
	return true
}

// runs returns all replays under a setting, the best first.
func (r *Replay) runs(settings snapshot.Settings, by pace) []Outcome {
	outcomes := make([]Outcome, replays)
	for i := range outcomes {
		outcomes[i] = r.run(settings, by, i)
	}
	slices.SortFunc(outcomes, func(a, b Outcome) int {
		return cmp.Or(cmp.Compare(a.Drops, b.Drops), cmp.Compare(a.QueuePeak, b.QueuePeak))
	})
	return outcomes
}

// processor returns the processor of the i-th replay at its beginning, in the memory of
// the last one.
func (r *Replay) processor(settings snapshot.Settings, by pace, i int) *processor {
	p := &r.last
	*p = processor{
		settings: settings,
		duration: by.exports,
		late:     !by.prompt && r.load.Together > 1 && r.load.Together == r.load.step(),
		random:   rand.New(rand.NewPCG(r.seed, uint64(i))),
		next:     i * len(r.service.exports) / replays,
		timer:    settings.BatchTimeout,
		left:     min(runSteps, r.left),
		took:     p.took.emptied(),
	}
	p.together = r.together(settings, by.exports)
	p.left -= len(p.together.sums) / 4
	p.arrive(arrival{0, min(r.load.Backlog, int(settings.MaxQueueSize))})
	return p
}

// run is the i-th replay.
func (r *Replay) run(settings snapshot.Settings, by pace, i int) Outcome {
	p := r.processor(settings, by, i)
	for _, a := range r.arrivals[i] {
		if p.arrive(a.arrival()); p.left <= 0 {
			break
		}
	}
	length, spans := r.load.length(), r.spans
	p.runUntil(length)
	if p.left <= 0 { // what was replayed stands for the whole
		length, spans = max(1, p.now), float64(p.arrived)
	}
	outcome := p.outcome(length, spans)
	p.drain()
	r.spent(p)
	outcome.Took = Took{P95: p.took.quantile(0.95), P99: p.took.quantile(0.99)}
	return outcome
}

// outcome sums up a replay of spans over a length of time.
func (p *processor) outcome(length time.Duration, spans float64) Outcome {
	o := Outcome{
		QueuePeak: p.peak,
		Busy:      min(1, p.busy.Seconds()/length.Seconds()),
	}
	if spans > 0 {
		o.Drops = float64(p.dropped) / spans
	}
	if p.exports > 0 {
		o.MeanBatch = float64(p.exported) / float64(p.exports)
	}
	return o
}
