package budget

import "time"

const (
	// Window is the period over which the budget holds.
	Window = 10 * time.Second
	// Floor is the share of one core that may always be spent, so that an idle target
	// can be watched at all.
	Floor = 0.001
	// Unlimited is the share from which on nothing is limited.
	Unlimited = 1.0
	// hotPart is the part, one over it, of the budget left that a group on the path of
	// every span may spend before the next call: a sudden burst is cut off with most of
	// the budget unspent.
	hotPart = 4
	// rarePart is the part, one over it, of the budget that each rare group may spend whatever
	// the first group would spend.
	rarePart = 16
)

// unlimited is a limit that is never reached.
const unlimited = time.Duration(1<<63 - 1)

// Usage is what has been used since the target was attached.
type Usage struct {
	Elapsed   time.Duration
	TargetCPU time.Duration   // CPU time the target used, probes included
	Sampling  time.Duration   // CPU time that sampling added
	Spent     []time.Duration // CPU time the probes added, by group, the most important first
}

// Controller keeps one target's probes within their budget: over any Window they may add
// a share of the target's own CPU time, or Floor of a core if that is more. A group may
// spend what sampling and the groups before it leave, so that the probes on exports outlast
// the hot ones. The groups after the first are rare, and each may spend a small part of the
// budget first: so they outlast the first.
type Controller struct {
	share   float64
	rare    int     // number of rare groups
	history []Usage // ascending, the first at least Window old where there is one
}

// New returns a Controller for a share of the target's CPU time, above 0, and so many rare
// groups. From Unlimited on nothing is limited.
func New(share float64, rare int) *Controller {
	return &Controller{share: share, rare: rare, history: []Usage{{}}}
}

// SetShare changes the share that holds from the next call of Limits on.
func (c *Controller) SetShare(share float64) { c.share = share }

// Limits takes in what has been used by now, ascending from call to call. It returns how
// much each group may have spent before the next call: a group whose Spent has reached
// its limit must be shut.
func (c *Controller) Limits(now Usage) []time.Duration {
	limits := make([]time.Duration, len(now.Spent))
	if c.share >= Unlimited {
		for g := range limits {
			limits[g] = unlimited
		}
		return limits
	}
	c.remember(now)
	past := c.history[0]
	allowed := max(
		time.Duration(c.share*float64(now.TargetCPU-past.TargetCPU)),
		time.Duration(Floor*float64(Window)))
	left := allowed - (now.Sampling - past.Sampling)
	kept := max(0, left) / rarePart // for each rare group
	for g := range limits {
		if c.isRare(g) {
			left -= min(kept, now.Spent[g]-past.spent(g))
		}
	}
	for g := range limits {
		spent, own := now.Spent[g]-past.spent(g), time.Duration(0)
		if c.isRare(g) {
			own = kept
		}
		left -= max(0, spent-own)
		part := left
		if g > 0 {
			part /= hotPart
		}
		limits[g] = now.Spent[g] + max(0, own-spent, part)
	}
	return limits
}

func (c *Controller) isRare(group int) bool { return group >= 1 && group <= c.rare }

// remember appends now to the history and drops what is older than a Window.
func (c *Controller) remember(now Usage) {
	c.history = append(c.history, now)
	for len(c.history) > 2 && now.Elapsed-c.history[1].Elapsed >= Window {
		c.history = c.history[1:]
	}
}

func (u Usage) spent(group int) time.Duration {
	if group >= len(u.Spent) {
		return 0
	}
	return u.Spent[group]
}
