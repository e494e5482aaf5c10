package accounting

import (
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// maxBuildSites bounds the places that build components, by kind.
	maxBuildSites = 64
	// maxBuilt bounds the components that are told apart: some 200 kB.
	maxBuilt = 1 << 12
	// buildBins is how many stretches of observed time the components of a site are counted in,
	// firstBin how long they are at first.
	buildBins = 16
	firstBin  = 50 * time.Millisecond
)

// Builds counts the components that one target builds and shuts down, by the place that
// builds them.
type Builds struct {
	frames   func(stack []uint64) []*snapshot.Frame
	sites    []*buildSite
	built    map[uint64]*buildSite // of components that were not shut down, by address
	unplaced uint64
	observed time.Duration
	broken   bool // some shutdowns may have been missed
}

// buildSite is a place that builds components of one kind.
type buildSite struct {
	snapshot.BuildSite
	firstNS, lastNS uint64        // CLOCK_MONOTONIC
	from, until     time.Duration // the same in observed time
	new             uint64        // built in this interval
	bins            [buildBins]uint64
	width           time.Duration // of a bin, in observed time
}

// NewBuilds counts from now on.
func NewBuilds(frames func(stack []uint64) []*snapshot.Frame) *Builds {
	return &Builds{frames: frames, built: map[uint64]*buildSite{}}
}

// Record takes in what the probes recorded.
func (b *Builds) Record(records probes.Records) {
	stopped := records.Stopped
	for _, one := range records.Built {
		for len(stopped) > 0 && stopped[0].StoppedNS < one.BuiltNS {
			b.addStopped(stopped[0].Component)
			stopped = stopped[1:]
		}
		b.addBuilt(one)
	}
	for _, s := range stopped {
		b.addStopped(s.Component)
	}
}

// Observe takes in that an interval has passed, of which a part was observed. whole says that
// all of it was.
func (b *Builds) Observe(elapsed time.Duration, whole bool) {
	before := b.observed
	b.observed += elapsed
	b.broken = b.broken || !whole
	for _, s := range b.sites {
		s.observe(before, b.observed)
	}
}

func (b *Builds) addBuilt(one probes.Built) {
	if before := b.built[one.Component]; before != nil {
		before.Gone++
		delete(b.built, one.Component)
	}
	frames := b.frames(one.Stack)
	if one.Kind == probes.Created {
		if one.Kind, frames = kindCreated(frames); one.Kind == "" {
			return
		}
	}
	site := b.siteOf(one.Kind, frames)
	if site == nil {
		b.unplaced++
		return
	}
	site.add(one.BuiltNS)
	switch {
	case one.Component == 0: // it is not shut down
		site.Built++
	case len(b.built) < maxBuilt:
		site.Built++
		b.built[one.Component] = site
	default: // its shutdown would not be known
		site.Untracked++
		b.unplaced++
	}
}

// addStopped counts the shutdown of a component, once.
func (b *Builds) addStopped(component uint64) {
	if site := b.built[component]; site != nil {
		site.Stopped++
		delete(b.built, component)
	}
}

// siteOf finds the place that built a component, or adds it; nil if there is no room.
func (b *Builds) siteOf(kind string, frames []*snapshot.Frame) *buildSite {
	at, caller, own := startSite(frames)
	for _, s := range b.sites {
		if s.Kind == kind && s.Site == at && s.Caller == caller && s.Own == own {
			return s
		}
	}
	if len(b.sites) == maxBuildSites {
		return nil
	}
	s := &buildSite{BuildSite: snapshot.BuildSite{Kind: kind, Site: at, Caller: caller, Own: own}, width: firstBin}
	b.sites = append(b.sites, s)
	return s
}

// add takes in that a component was built at a moment.
func (s *buildSite) add(atNS uint64) {
	if s.All() == 0 {
		s.firstNS = atNS
	}
	s.new++
	s.lastNS = max(s.lastNS, atNS)
}

// observe enters what was built in a stretch of observed time.
func (s *buildSite) observe(from, until time.Duration) {
	if s.new == 0 {
		return
	}
	if s.All() == s.new {
		s.from = from
	}
	s.until = until
	for until-s.from >= buildBins*s.width {
		for i := range buildBins / 2 {
			s.bins[i] = s.bins[2*i] + s.bins[2*i+1]
		}
		clear(s.bins[buildBins/2:])
		s.width *= 2
	}
	s.bins[(until-s.from)/s.width] += s.new
	s.new = 0
}

// later is how many were built in the later half of the time since the first one.
func (s *buildSite) later(growing time.Duration) (n uint64) {
	for i, built := range s.bins {
		if time.Duration(i)*s.width >= growing/2 {
			n += built
		}
	}
	return n
}

// AsOf returns what is known at a moment, after Observe.
func (b *Builds) AsOf(nowNS uint64) snapshot.Building {
	building := snapshot.Building{Observed: b.observed, Whole: !b.broken, Unplaced: b.unplaced}
	for _, s := range b.sites {
		site := s.BuildSite
		site.First, site.Last = ago(nowNS, s.firstNS), ago(nowNS, s.lastNS)
		site.Growing, site.Still = b.observed-s.from, b.observed-s.until
		site.Later = s.later(site.Growing)
		building.Sites = append(building.Sites, site)
	}
	return building
}

// ago is how long before a moment another one was; 0 if it was not before.
func ago(nowNS, atNS uint64) time.Duration { return time.Duration(nowNS - min(nowNS, atNS)) }
