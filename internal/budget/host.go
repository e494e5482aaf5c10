package budget

import "time"

const (
	// slack is the part of a Host's cap that no target gets: probes that have spent
	// their allowance are hit a few times more before they are removed.
	slack = 0.05
	// reserve is the part of a Host's cap, one over it, that is kept for the standing
	// groups.
	reserve = 2
	// turnTime is how long a target's turn with the other groups lasts.
	turnTime = 4 * time.Second
	// worth is the least budget of a turn: a few hundred spans. As many targets have a
	// turn at once as there is budget for.
	worth = 2 * time.Millisecond
)

// Host keeps the cost of watching all targets together under a cap, in any Window,
// whatever each target alone may spend. Many idle targets, each of which may spend Floor,
// would exceed it.
//
// Half of what is left of the cap is given out in equal parts. A target has at most one
// part unspent at any time, and gets the next when it asks again. So all that is unspent
// never exceeds what is left, and the other half is there for those who ask first after
// much was spent.
//
// The standing groups, which are open all the time, come first. For them each target has
// an equal part of the reserve in any Window, however much the other groups ask for: what
// a target has not used of its part is kept for it. The other groups may use what is left
// beyond the reserve. If that is too little for all targets they take turns, because a
// little for each would measure nothing.
type Host struct {
	cap      time.Duration // in any Window, less the slack
	standing int           // number of standing groups, the first ones
	targets  map[Target]*grant
	left     map[Target]*grant // targets that have left, as long as history has them
	history  []spending        // ascending, none older than Window
	lately   time.Duration     // sum over history
	over     time.Duration     // of that, what probes spent beyond their limits
	unspent  time.Duration     // sum over the grants
}

// Target identifies a target: no two have the same number at once. A target that leaves
// and joins again, such as a process that has replaced its program, keeps what it had
// spent.
type Target uint64

// grant is what the Host knows of one target.
type grant struct {
	target   Target
	spent    time.Duration // since it was attached
	sampling time.Duration // of that, by sampling
	standing time.Duration // of that, by the standing groups
	lately   time.Duration // of this, within the last Window
	unspent  time.Duration // what it may still spend
	promised time.Duration // of that, by the standing groups
	turn     time.Duration // when its last turn began; negative: it had none
}

// spending is an amount that a target has spent, and when the Host learnt of it.
type spending struct {
	at       time.Duration
	amount   time.Duration
	standing time.Duration // of that, by the standing groups
	over     time.Duration // of that, beyond the limits of its probes
	by       *grant
}

// NewHost returns a Host with a cap of a share of the CPU time of so many cores; from
// Unlimited on there is no cap. standing is the number of standing groups, which are the
// first ones of every target.
func NewHost(share float64, cores, standing int) *Host {
	h := &Host{standing: standing, targets: map[Target]*grant{}, left: map[Target]*grant{}}
	h.SetShare(share, cores)
	return h
}

// SetShare changes the cap, from the next call of Limits on.
func (h *Host) SetShare(share float64, cores int) {
	h.cap = unlimited
	if share < Unlimited {
		h.cap = time.Duration((1 - slack) * share * float64(cores) * float64(Window))
	}
}

// Limits takes in what a target has used by now and the limits of its own Controller, and
// returns these limits lowered to what the cap allows. now is the Host's own time,
// ascending from call to call.
func (h *Host) Limits(now time.Duration, target Target, used Usage, limits []time.Duration) []time.Duration {
	g := h.enter(target)
	h.spend(now, g, used)
	if h.cap == unlimited {
		return limits
	}
	h.give(g, 0, 0)
	left, others := h.cap-h.lately, h.owedToOthers(g)
	first := lower(limits[:h.standing], used.Spent, max(h.kept(g), h.part(left, others, len(h.targets))))
	h.give(g, first, 0)
	part := time.Duration(0)
	if turns := int((left - h.cap/reserve) / 2 / worth); h.hasTurn(now, g, turns) {
		part = h.part(left-h.cap/reserve, others, min(turns, len(h.targets)))
	}
	h.give(g, first, lower(limits[h.standing:], used.Spent[h.standing:], part))
	return limits
}

// enter returns the grant of a target, which it adds if it is new.
func (h *Host) enter(target Target) *grant {
	g := h.targets[target]
	if g != nil {
		return g
	}
	if g = h.left[target]; g == nil {
		g = &grant{target: target, turn: -1}
	}
	g.spent, g.standing, g.sampling = 0, 0, 0
	delete(h.left, target)
	h.targets[target] = g
	return g
}

// part is what one of so many targets may get, after what is kept for the others.
func (h *Host) part(left, others time.Duration, targets int) time.Duration {
	return max(0, min(left/2/time.Duration(targets), h.cap-h.lately-h.unspent-others))
}

// kept is what is kept for a target. It is not reduced by what others have spent beyond
// their limits while their probes were being removed.
func (h *Host) kept(g *grant) time.Duration {
	return max(0, min(h.owed(g), h.cap-(h.lately-h.over)-h.unspent))
}

// owed is the rest of a target's part of the reserve: neither used by its standing groups
// nor given to them yet.
func (h *Host) owed(g *grant) time.Duration {
	return max(0, h.cap/reserve/time.Duration(len(h.targets))-g.lately-g.promised)
}

// owedToOthers is the sum of owed over all targets but one.
func (h *Host) owedToOthers(one *grant) (sum time.Duration) {
	for _, g := range h.targets {
		if g != one {
			sum += h.owed(g)
		}
	}
	return sum
}

// lower lowers limits in proportion, so that part at most is left to spend, and returns
// what is left to spend.
func lower(limits, spent []time.Duration, part time.Duration) time.Duration {
	wanted := time.Duration(0)
	for i := range limits {
		wanted += limits[i] - spent[i]
	}
	if wanted <= part {
		return wanted
	}
	for i := range limits {
		limits[i] = spent[i] + time.Duration(float64(limits[i]-spent[i])*(float64(part)/float64(wanted)))
	}
	return part
}

// hasTurn reports whether a target has a turn, if so many may have one at once: it has if
// fewer others have a turn or have waited longer.
func (h *Host) hasTurn(now time.Duration, g *grant, turns int) bool {
	if turns <= 0 {
		return false
	}
	if len(h.targets) <= turns || g.turn >= 0 && now-g.turn < turnTime {
		return true
	}
	before := 0
	for _, other := range h.targets {
		if other != g && (other.turn >= 0 && now-other.turn < turnTime || other.turn < g.turn) {
			before++
		}
	}
	if before >= turns {
		return false
	}
	g.turn = now
	return true
}

// give sets what a target may still spend with its standing groups and with the others.
func (h *Host) give(g *grant, standing, others time.Duration) {
	h.unspent += standing + others - g.unspent
	g.unspent, g.promised = standing+others, standing
}

// Leave removes a target, with what it has used up to its end. That still counts as
// spent.
func (h *Host) Leave(now time.Duration, target Target, used Usage) {
	if g := h.targets[target]; g != nil {
		h.spend(now, g, used)
		h.give(g, 0, 0)
		delete(h.targets, target)
		if g.lately > 0 {
			h.left[target] = g
		}
	}
}

// spend adds what a target has spent since its last call, and drops what was spent more
// than a Window ago.
func (h *Host) spend(now time.Duration, g *grant, used Usage) {
	total, standing := used.Sampling, time.Duration(0)
	for i, spent := range used.Spent {
		total += spent
		if i < h.standing {
			standing += spent
		}
	}
	if total > g.spent {
		probes := total - g.spent - (used.Sampling - g.sampling)
		entry := spending{now, total - g.spent, max(0, standing-g.standing), max(0, probes-g.unspent), g}
		h.history = append(h.history, entry)
		h.lately += entry.amount
		h.over += entry.over
		g.lately += entry.standing
		g.spent, g.standing, g.sampling = total, standing, used.Sampling
	}
	for len(h.history) > 0 && now-h.history[0].at >= Window {
		h.lately -= h.history[0].amount
		h.over -= h.history[0].over
		by := h.history[0].by
		if by.lately -= h.history[0].standing; by.lately == 0 && h.left[by.target] == by {
			delete(h.left, by.target)
		}
		h.history = h.history[1:]
	}
}
