package report

// Add adds another target's counts. The agent's figures are of the whole otwatch process:
// they are the same for every target, but for the moment at which they were read.
func (p *Probe) Add(other Probe) {
	p.Hits += other.Hits
	p.Windows += other.Windows
	p.Lost += other.Lost
	p.Unmatched += other.Unmatched
	p.TargetCPUSeconds += other.TargetCPUSeconds
	p.Samples += other.Samples
	p.Unclassified += other.Unclassified
	p.AgentCPUSeconds = max(p.AgentCPUSeconds, other.AgentCPUSeconds)
	p.AgentRSSBytes = max(p.AgentRSSBytes, other.AgentRSSBytes)
	if other.HitUS > p.HitUS {
		p.HitUS, p.HitSource = other.HitUS, other.HitSource
	}
	p.Budget = max(p.Budget, other.Budget)
	p.SampleHz = max(p.SampleHz, other.SampleHz)
}
