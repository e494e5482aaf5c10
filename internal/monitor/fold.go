package monitor

// maxStackBytes bounds the stacks that are kept of all targets together.
const maxStackBytes = 64 << 20

// foldStacks counts the stacks of the target that has the most of them by class and stage
// only: so no target pushes out another's.
func (m *Monitor) foldStacks() {
	largest := m.all()[0]
	for _, t := range m.all() {
		if t.stackBytes.Load() > largest.stackBytes.Load() {
			largest = t
		}
	}
	m.stackBytes.Add(largest.foldStacks())
}
