package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/bench/internal/paired"
	"github.com/otwatch/otwatch/bench/internal/subject"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/target"
)

// reaction is how soon probes on the path of every span count, and are gone.
var reaction = experiment{
	section: "reaction",
	header:  []string{"what", "time, ms [95 %]", "longest, ms", "limit, ms", "verdict"},
	rows:    []subject.Subject{spans("reaction at 100k spans/s", 100_000)},
	measure: measureReaction,
}

// cycles is how often probes are attached and removed in one run.
const cycles = 10

// cycle is what one attachment took, from a target that nothing is known of.
type cycle struct {
	counted time.Duration // to the first counted span
	stopped time.Duration // from the decision to close to the last hit
	gone    time.Duration // from the same to the end of the links' removal
	cut     time.Duration // from when the allowance was spent to the last hit
}

// timings are the lines of the table.
var timings = []struct {
	name  string
	limit float64 // ms
	of    func(cycle) time.Duration
}{
	{"from the examination of the process to the first count", 100, func(c cycle) time.Duration { return c.counted }},
	{"from the decision to close to the last hit", 20, func(c cycle) time.Duration { return c.stopped }},
	{"from the decision to close until the links are gone", 100, func(c cycle) time.Duration { return c.gone }},
	{"from the moment that the allowance is spent to the last hit", 20, func(c cycle) time.Duration { return c.cut }},
}

func measureReaction(ctx context.Context, b *subject.Bench, row subject.Subject, cfg config) ([][]string, error) {
	session, err := probes.NewSession()
	if err != nil {
		return nil, err
	}
	var all []cycle
	for range cfg.pairs {
		if _, err = b.Run(ctx, row, row.Length(cfg.duration), during(func(pid int) error {
			for range cycles {
				c, err := once(ctx, session, pid)
				if err != nil {
					return err
				}
				all = append(all, c)
			}
			return nil
		})); err != nil {
			break
		}
	}
	return reactionLines(all), errors.Join(err, session.Close())
}

// during returns an observer that acts under the load.
func during(act func(pid int) error) subject.Observer {
	return func(_ context.Context, pid int, _ string) (func() error, error) {
		acted := make(chan error, 1)
		go func() {
			time.Sleep(time.Second)
			acted <- act(pid)
		}()
		return func() error { return <-acted }, nil
	}
}

func reactionLines(all []cycle) (lines [][]string) {
	for _, timing := range timings {
		var ms []float64
		longest := 0.0
		for _, c := range all {
			took := timing.of(c).Seconds() * 1000
			ms, longest = append(ms, took), max(longest, took)
		}
		took := paired.Summarize(ms)
		verdict := took.Against(timing.limit, "%.1f")
		if longest > timing.limit && verdict == "within" {
			verdict = "over at the longest"
		}
		lines = append(lines, []string{timing.name, took.Format("%.1f"), fmt.Sprintf("%.1f", longest), fmt.Sprintf("%.0f", timing.limit), verdict})
	}
	return lines
}

// unlimited is an allowance that is not spent.
const unlimited = time.Duration(1<<63 - 1)

// once attaches to the process, waits for a count, and detaches.
func once(ctx context.Context, session *probes.Session, pid int) (c cycle, err error) {
	begin := time.Now()
	process, err := target.Open(pid)
	if err != nil {
		return c, err
	}
	defer process.Close()
	attachment, err := session.Attach(process)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, attachment.Close()) }()
	if err := errors.Join(attachment.Open(probes.Spans), attachment.Allow(probes.Spans, probes.Allowance{Limit: unlimited, Charge: session.Cost().Charged()})); err != nil {
		return c, err
	}
	if err := firstCount(ctx, attachment); err != nil {
		return c, err
	}
	c.counted = time.Since(begin)
	return c, errors.Join(c.shut(attachment), c.spend(attachment, session.Cost().Charged()))
}

// firstCount returns when a span has been counted.
func firstCount(ctx context.Context, attachment *probes.Attachment) error {
	for {
		usage, err := attachment.Usage()
		if err != nil || usage.Calls["start"] > 0 {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("no span was counted: %w", ctx.Err())
		}
		time.Sleep(time.Millisecond)
	}
}

// shut removes the probes of every span while their hits are watched. Usage
// reads BPF maps only, so it may run beside Shut.
func (c *cycle) shut(attachment *probes.Attachment) error {
	decided := time.Now()
	closed := make(chan error, 1)
	go func() { closed <- attachment.Shut(probes.Spans) }()
	watch := hits{since: decided}
	for {
		if err := watch.look(attachment); err != nil {
			return errors.Join(err, <-closed)
		}
		select {
		case err := <-closed:
			c.gone = time.Since(decided)
			c.stopped = watch.last
			return errors.Join(err, watch.look(attachment))
		case <-time.After(100 * time.Microsecond):
		}
	}
}

const (
	// allowance is what a burst may spend, and silence how long no hit means that it
	// is over.
	allowance = 2 * time.Millisecond
	silence   = 100 * time.Millisecond
)

// spend opens the probes of every span for a short time, which nobody but package
// probes ends.
func (c *cycle) spend(attachment *probes.Attachment, charge probes.Cost) error {
	before, err := attachment.Usage()
	if err != nil {
		return err
	}
	burst := probes.Allowance{Limit: before.Spent[probes.Spans] + allowance, Charge: charge}
	if err := errors.Join(attachment.Open(probes.Spans), attachment.Allow(probes.Spans, burst)); err != nil {
		return err
	}
	watch := hits{since: time.Now()}
	for watch.last == 0 || time.Since(watch.since) < watch.last+silence {
		if err := watch.look(attachment); err != nil {
			return err
		}
		time.Sleep(100 * time.Microsecond)
	}
	after, err := attachment.Usage()
	if err != nil {
		return err
	}
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return err
	}
	sinceCrossed := time.Duration(uint64(now.Nano()) - after.CrossedNS[probes.Spans])
	c.cut = watch.last - (time.Since(watch.since) - sinceCrossed)
	return attachment.Shut(probes.Spans)
}

// hits follows a counter of hits.
type hits struct {
	since time.Time
	n     uint64
	last  time.Duration // when it was last seen to rise
}

func (h *hits) look(attachment *probes.Attachment) error {
	usage, err := attachment.Usage()
	if err != nil {
		return err
	}
	if usage.Hits != h.n {
		h.n, h.last = usage.Hits, time.Since(h.since)
	}
	return nil
}
