package whatif

import "github.com/otwatch/otwatch/internal/untrusted"

// Limits of the work for a forecast. Settings, spans and exports come from a process's
// memory or from a recording: they may claim batches of one span, and a billion spans. A
// step is the work for an arrival, some 20 ns.
const (
	mostSteps = 1 << 22 // of a Replay, whatever is asked of it
	// runSteps are the steps of one replay of the load, which ends early when they are
	// used up.
	runSteps    = 1 << 19
	placeSteps  = 2 // of each arrival that is placed
	exportSteps = 2 // of each export
)

// spent subtracts the steps of a replay from those that are left.
func (r *Replay) spent(p *processor) { r.spend(min(runSteps, max(0, r.left)) - p.left) }

// Within charges a budget for all that is asked of r, including what it has used already.
func (r *Replay) Within(budget *untrusted.Budget) {
	spent := mostSteps - r.left
	r.budget, r.left = budget, mostSteps
	r.spend(spent)
}

// spend subtracts steps from those that are left. Four of them are one step of the
// budget.
func (r *Replay) spend(steps int) {
	if r.left -= steps; r.budget.Steps(int64(steps/4)) != nil {
		r.left = 0
	}
}

// exhausted is an error once the steps are used up.
func (r *Replay) exhausted() error {
	if r.left <= 0 {
		return ErrTooLong
	}
	return nil
}
