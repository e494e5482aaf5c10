package monitor

// maxStackBytes bounds the stacks that are kept of all targets together.
const maxStackBytes = 64 << 20

// foldStacks counts the stacks of one target only by class and stage: the target with the
// most, so that none pushes out the stacks of another.
func (m *Monitor) foldStacks() {
	largest := m.all()[0]
	for _, t := range m.all() {
		if t.stackBytes.Load() > largest.stackBytes.Load() {
			largest = t
		}
	}
	m.stackBytes.Add(largest.foldStacks())
}
