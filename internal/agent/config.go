package agent

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/otwatch/otwatch/internal/sampler"
)

const (
	// perTarget is the least time between two Snapshots of any two targets, on
	// the average, where intervals may be stretched: making, entering and judging
	// one takes some 0.3 ms.
	perTarget = 40 * time.Millisecond
	// Bounds of how much longer than of few targets other things may take: the
	// cycle in which the probes on the path of every span come and go, the time
	// between looks at a quiet target, and between new allowances for it.
	maxCycles, maxQuiet, maxBalance = 8, 2, 5
)

// Config is how targets are watched.
type Config struct {
	Budget   float64       // share of a target's CPU that its probes may add, above 0; 1: no limit
	Interval time.Duration // of the Snapshots
	Log      *slog.Logger
	// Sampler samples CPU time; nil if it is not to be sampled, or cannot be,
	// for the reason in Unsampled.
	Sampler   *sampler.Sampler
	Unsampled string
	// Unprobed is why targets get no probes; empty if they do.
	Unprobed string
	// Exporting says that what is seen goes out as metrics.
	Exporting bool
	// Host keeps all targets together under a cap; nil: there is none.
	Host *HostCap

	// Stretch lets intervals grow with the number of targets, so that judging
	// all of them stays cheap.
	Stretch bool

	self  *selfMeter    // all targets'; nil: each its own
	crowd *atomic.Int64 // how many targets there are; nil: one

	shortage *shortage // all targets'; nil: nothing is said of it
}

// short says that something ran short, and what is lost by it.
func (c Config) short(err error) {
	c.shortage.say(c.Log, "some figures are missing; trying again", err)
}

// stretch is how many times longer than asked for intervals are.
func (c Config) stretch() time.Duration {
	if !c.Stretch || c.crowd == nil {
		return 1
	}
	least := time.Duration(c.crowd.Load()) * perTarget
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

// balance is the time between new allowances. While probes stand on the path of every
// span, their end depends on it.
func (c Config) balance(hot bool) time.Duration {
	if hot {
		return balanceInterval
	}
	return balanceInterval * min(c.stretch(), maxBalance)
}
