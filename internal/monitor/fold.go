package monitor

// maxStackBytes bounds the stacks that are kept of all targets together.
const maxStackBytes = 64 << 20

// foldStacks counts the stacks of the target that has the most of them by class and
// stage only, where those of all targets take too much room: so none pushes out
// another's.
func (m *Monitor) foldStacks() {
	var largest *tally
	var all int64
	for _, t := range m.all() {
		size := t.size.Load()
		all += size
		if largest == nil || size > largest.size.Load() {
			largest = t
		}
	}
	if all <= maxStackBytes {
		return
	}
	largest.mu.Lock()
	defer largest.mu.Unlock()
	largest.stacks.Fold()
	largest.size.Store(int64(largest.stacks.Size()))
}
