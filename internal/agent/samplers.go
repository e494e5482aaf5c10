package agent

import (
	"slices"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// maxSamplers bounds the samplers that are listed, and maxProviders the TracerProviders that
	// are known. Most programs have one of each.
	maxSamplers  = 8
	maxProviders = 64
	// maxLooks bounds the spans whose provider is read in one batch of records.
	maxLooks = 4
)

// samplers are those of the TracerProviders whose spans were seen to start. A provider keeps its
// sampler, so each is read once.
type samplers struct {
	providers map[uint64]bool
	found     []snapshot.Sampler
}

// look looks for providers that are not known yet, in spans that were just started: their memory
// may be another object's soon.
func (s *samplers) look(starts []probes.Start, providerOf func(span uint64) (uint64, error), read func(provider uint64) (snapshot.Sampler, error)) {
	for _, start := range starts[:min(len(starts), maxLooks)] {
		if len(s.providers) >= maxProviders || len(s.found) >= maxSamplers {
			return
		}
		provider, err := providerOf(start.Span)
		if err != nil || s.providers[provider] {
			continue
		}
		sampler, err := read(provider)
		if err != nil {
			continue
		}
		if s.providers == nil {
			s.providers = map[uint64]bool{}
		}
		s.providers[provider] = true
		if !slices.Contains(s.found, sampler) {
			s.found = append(slices.Clip(s.found), sampler) // Snapshots have the former list
		}
	}
}
