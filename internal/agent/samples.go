package agent

import (
	"time"

	"github.com/otwatch/otwatch/internal/sampler"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// sample starts sampling the process's CPU time.
func (w *Watcher) sample() (err error) {
	if w.config.Sampler != nil {
		w.samples, err = w.config.Sampler.Watch(w.process, w.probes.Addresses())
	}
	return err
}

// gate has CPU samples set aside while it is shut.
func (w *Watcher) gate(shut bool) error {
	if w.samples == nil {
		return nil
	}
	return w.samples.Gate(shut)
}

// takeSamples returns the CPU samples since the last Snapshot.
func (w *Watcher) takeSamples() (snapshot.Samples, error) {
	if w.samples == nil {
		return snapshot.Samples{}, nil
	}
	take := w.samples.TakeShared
	if w.finishing {
		take = w.samples.Take
	}
	samples, err := take()
	if w.replaced || w.process.Replaced() {
		samples = unnamed(samples)
	}
	return samples, err
}

// unnamed drops the stacks of samples that may be another program's.
func unnamed(s snapshot.Samples) snapshot.Samples {
	for _, stack := range s.Stacks {
		s.Lost += stack.Count
	}
	s.Stacks = nil
	return s
}

// samplingCost is the CPU time that samples cost the target.
func samplingCost(s snapshot.Samples) time.Duration {
	n := s.SetAside + s.Lost
	for _, stack := range s.Stacks {
		n += stack.Count
	}
	return time.Duration(n) * sampler.SampleCost
}
