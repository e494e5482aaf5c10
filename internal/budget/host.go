package budget

import "time"

const (
	// slack is the part of a Host's cap that is handed out to nobody: probes that have
	// spent what they may are hit a few times more until they are gone.
	slack = 0.05
	// reserve is the part of a Host's cap that is kept for the groups that
	// stand all the time: one over it.
	reserve = 2
	// turnTime is how long a target has its turn with the other groups.
	turnTime = 4 * time.Second
	// worth is the least that a turn has to bring: a few hundred spans. As many
	// targets have theirs at once as that leaves room for.
	worth = 2 * time.Millisecond
)

// Host keeps what watching adds to all targets of a host together under a cap:
// no more than that in any Window, whatever each may be allowed by itself. Many
// idle targets, any of which may be watched at Floor, would pass it.
//
// Half of what is left of the cap is handed out in equal parts: a target may have
// up to one part unspent at any time, and gets the next when it asks again. So all
// that is unspent together never passes what is left, and the other half is there
// for those who ask first after much was spent.
//
// The groups that stand all the time come first, and for them each target has an equal
// part of the reserve in any Window, however much the others ask for: what it has not
// used of that is kept for it. The other groups may use what is left beyond the reserve.
// Where that is too little for all targets they take turns: a bit for each of them would
// say nothing of any.
type Host struct {
	cap      time.Duration // in any Window, less the slack
	standing int           // groups that stand all the time, the first ones
	targets  map[Target]*grant
	left     map[Target]*grant // targets that have left, as long as history has them
	history  []spending        // ascending, none older than Window
	lately   time.Duration     // sum of history
	over     time.Duration     // of that, what was beyond the limits of probes
	unspent  time.Duration     // sum of the grants'
}

// Target tells targets apart: a number that no two have at once. One that leaves and
// comes again, as a process does that becomes another program, has spent what it had.
type Target uint64

// grant is what the Host knows of one target.
type grant struct {
	target   Target
	spent    time.Duration // since it was attached
	sampling time.Duration // of that, by sampling
	standing time.Duration // of that, by the groups that stand all the time
	lately   time.Duration // of this, within a Window
	unspent  time.Duration // what it may still spend
	promised time.Duration // of that, what the groups may that stand all the time
	turn     time.Duration // when its last turn began; negative: it had none
}

// spending is an amount, by whom, and when the Host was told of it.
type spending struct {
	at       time.Duration
	amount   time.Duration
	standing time.Duration // of that, by the groups that stand all the time
	over     time.Duration // of that, beyond the limits of its probes
	by       *grant
}

// NewHost returns a Host with a cap: a share of the CPU time of that many cores.
// From Unlimited on there is none. The first groups of targets, so many, are those
// that stand all the time.
func NewHost(share float64, cores, standing int) *Host {
	h := &Host{cap: unlimited, standing: standing, targets: map[Target]*grant{}, left: map[Target]*grant{}}
	if share < Unlimited {
		h.cap = time.Duration((1 - slack) * share * float64(cores) * float64(Window))
	}
	return h
}

// Limits takes in what a target has used by now, and the limits that its own
// Controller gave it for that, and returns those, lowered to what the cap allows.
// now is the Host's own time, ascending from call to call.
func (h *Host) Limits(now time.Duration, target Target, used Usage, limits []time.Duration) []time.Duration {
	g := h.enter(target)
	h.spend(now, g, used)
	if h.cap == unlimited {
		return limits
	}
	h.give(g, 0, 0)
	left, others := h.cap-h.lately, h.owingOthers(g)
	first := lower(limits[:h.standing], used.Spent, max(h.kept(g), h.part(left, others, len(h.targets))))
	h.give(g, first, 0)
	part := time.Duration(0)
	if turns := int((left - h.cap/reserve) / 2 / worth); h.hasTurn(now, g, turns) {
		part = h.part(left-h.cap/reserve, others, min(turns, len(h.targets)))
	}
	h.give(g, first, lower(limits[h.standing:], used.Spent[h.standing:], part))
	return limits
}

// enter returns what is known of a target, and makes it one.
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

// part is what one of so many targets may be given, beside what the others are owed.
func (h *Host) part(left, others time.Duration, targets int) time.Duration {
	return max(0, min(left/2/time.Duration(targets), h.cap-h.lately-h.unspent-others))
}

// kept is what is kept for a target. What others have spent beyond their limits, in the
// time that it takes to remove probes, is not taken from it.
func (h *Host) kept(g *grant) time.Duration {
	return max(0, min(h.owing(g), h.cap-(h.lately-h.over)-h.unspent))
}

// owing is what a target's standing groups have neither used nor been given of its part
// of the reserve.
func (h *Host) owing(g *grant) time.Duration {
	return max(0, h.cap/reserve/time.Duration(len(h.targets))-g.lately-g.promised)
}

// owingOthers is what all targets but one are owed together.
func (h *Host) owingOthers(one *grant) (sum time.Duration) {
	for _, g := range h.targets {
		if g != one {
			sum += h.owing(g)
		}
	}
	return sum
}

// lower lowers limits in proportion, such that no more than part is left to spend,
// and returns what is.
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

// hasTurn reports whether it is a target's turn, one of so many at once: it is if
// fewer others are at it, or have waited for longer.
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

// give sets what a target may still spend, with the groups that stand all the time and
// with the others.
func (h *Host) give(g *grant, standing, others time.Duration) {
	h.unspent += standing + others - g.unspent
	g.unspent, g.promised = standing+others, standing
}

// Leave lets a target go, with what it has used up to its end. That stays spent.
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

// spend enters what a target has spent since its last call, and forgets what was
// spent longer ago than a Window.
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
