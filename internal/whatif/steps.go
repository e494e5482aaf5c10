package whatif

import "github.com/otwatch/otwatch/internal/untrusted"

// How much work a forecast may be. Settings, spans and exports come from a process's
// memory or from a recording: they may claim batches of one span and a billion of them.
// A step is some 20 ns: what an arrival takes.
const (
	mostSteps = 1 << 22 // of a Replay, whatever is asked of it
	// runSteps are those of one replay of the load, which ends early without them.
	runSteps    = 1 << 19
	placeSteps  = 2 // of each arrival that is placed
	exportSteps = 2 // of each export
)

// spent takes what a replay of the load took from what is left.
func (r *Replay) spent(p *processor) { r.spend(min(runSteps, max(0, r.left)) - p.left) }

// Within lets all that is asked of r, and what it took already, come out of a budget.
func (r *Replay) Within(budget *untrusted.Budget) {
	spent := mostSteps - r.left
	r.budget, r.left = budget, mostSteps
	r.spend(spent)
}

// spend takes steps from what is left, of which four are one of the budget's.
func (r *Replay) spend(steps int) {
	if r.left -= steps; r.budget.Steps(int64(steps/4)) != nil {
		r.left = 0
	}
}

// exhausted is an error once the steps are.
func (r *Replay) exhausted() error {
	if r.left <= 0 {
		return ErrTooLong
	}
	return nil
}
