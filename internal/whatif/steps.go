package whatif

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

// spent takes what a replay took from what is left.
func (r *Replay) spent(p *processor) { r.left -= min(runSteps, max(0, r.left)) - p.left }

// exhausted is an error once the steps are.
func (r *Replay) exhausted() error {
	if r.left <= 0 {
		return ErrTooLong
	}
	return nil
}
