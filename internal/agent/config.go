package agent

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/otwatch/otwatch/internal/sampler"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// Where intervals may be stretched, they grow by perTarget with each target, up to calm, and
	// from then on only as far as manyTargets requires: a Snapshot costs about a millisecond to
	// make and analyse.
	perTarget, manyTargets = 80 * time.Millisecond, 40 * time.Millisecond
	calm                   = 20 * time.Second
	// With many targets these times grow as well, up to so many times: the cycle in which
	// the probes on the path of every span come and go, the time between looks at a quiet
	// target, and the time between new allowances for it.
	maxCycles, maxQuiet, maxBalance = 8, 2, 5
)

// Config is how targets are watched.
type Config struct {
	Budget float64 // share of a target's CPU time that its probes may add, above 0; 1: no limit
	// BudgetOf is the Budget of one target, which may change at any time; nil: all have
	// Budget.
	BudgetOf func(snapshot.Target) float64
	Interval time.Duration // of the Snapshots
	Log      *slog.Logger
	// Sampler samples CPU time; nil if it is not to be sampled, or cannot be. Unsampled
	// is the reason then.
	Sampler   *sampler.Sampler
	Unsampled string
	// Unprobed is why targets get no probes; empty if they do.
	Unprobed string
	// Exporting reports whether figures go out as metrics; nil: they do not.
	Exporting func() bool
	// Host is the cap on all targets together; nil: there is none.
	Host *HostCap

	// Stretch lets intervals grow with the number of targets, so that analysing
	// all of them stays cheap.
	Stretch bool

	// What all targets share. Nil: the target has its own, is the only one, logs no
	// shortage.
	self     *selfMeter
	targets  *atomic.Int64 // how many there are
	shortage *shortage
}

// budgetOf is the budget of one target.
func (c Config) budgetOf(t snapshot.Target) float64 {
	if c.BudgetOf == nil {
		return c.Budget
	}
	return c.BudgetOf(t)
}

// logShortage logs that figures are missing for want of a resource.
func (c Config) logShortage(err error) {
	c.shortage.log(c.Log, "some figures are missing; trying again", err)
}

// stretch is how many times longer than asked for intervals are.
func (c Config) stretch() time.Duration {
	if !c.Stretch || c.targets == nil {
		return 1
	}
	targets := time.Duration(c.targets.Load())
	least := max(min(targets*perTarget, calm), targets*manyTargets)
	return max(1, (least+c.Interval-1)/c.Interval)
}

// interval is the time between two Snapshots of a target.
func (c Config) interval() time.Duration { return c.Interval * c.stretch() }

// cycle is the time between two windows of the probes on the path of every span.
func (c Config) cycle() time.Duration { return windowCycle * min(c.stretch(), maxCycles) }

// quiet is the time between two looks at a quiet target.
func (c Config) quiet() time.Duration {
	return min(quietInterval*min(c.stretch(), maxQuiet), max(c.interval(), pollInterval))
}

// balance is the time between new allowances. It is not stretched while probes are on the
// path of every span, because it decides when they are removed.
func (c Config) balance(hot bool) time.Duration {
	if hot {
		return balanceInterval
	}
	return balanceInterval * min(c.stretch(), maxBalance)
}
