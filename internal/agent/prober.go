package agent

import (
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// prober is the probes of one target. A *probes.Attachment is one.
type prober interface {
	Open(probes.Group) error
	Shut(...probes.Group) error
	IsOpen(probes.Group) bool
	Allow(probes.Group, time.Duration) error
	Lease(probes.Leases)
	LapsedNS(probes.Group) uint64
	Drain() error
	Take() probes.Records
	Usage() (probes.Usage, error)
	Busy() ([]probes.Flight, error)
	Counters() []probes.Counter
	Addresses() []uint64
	Charge(probes.Cost)
	ReadOneIn(n uint32)
	Follow(idOffset uint64, room int)
	CountPoints(scopeSize uint64)
	CountEndsOnce(offset uint64)
	Missing() []snapshot.Missing
	Count() int
	Overspent() <-chan probes.Group
	Sighted() <-chan struct{}
	Close() error
}

// unprobed is a target without probes, for the reason that it holds.
type unprobed string

func (unprobed) Open(probes.Group) error                 { return nil }
func (unprobed) Shut(...probes.Group) error              { return nil }
func (unprobed) IsOpen(probes.Group) bool                { return false }
func (unprobed) Allow(probes.Group, time.Duration) error { return nil }
func (unprobed) Lease(probes.Leases)                     {}
func (unprobed) LapsedNS(probes.Group) uint64            { return 0 }
func (unprobed) Drain() error                            { return nil }
func (unprobed) Take() probes.Records                    { return probes.Records{} }
func (unprobed) Usage() (probes.Usage, error)            { return probes.Usage{}, nil }
func (unprobed) Busy() ([]probes.Flight, error)          { return nil, nil }
func (unprobed) Counters() []probes.Counter              { return nil }
func (unprobed) Addresses() []uint64                     { return nil }
func (unprobed) Charge(probes.Cost)                      {}
func (unprobed) ReadOneIn(uint32)                        {}
func (unprobed) Follow(uint64, int)                      {}
func (unprobed) CountPoints(uint64)                      {}
func (unprobed) CountEndsOnce(uint64)                    {}
func (unprobed) Count() int                              { return 0 }
func (unprobed) Overspent() <-chan probes.Group          { return nil }
func (unprobed) Sighted() <-chan struct{}                { return nil }
func (unprobed) Close() error                            { return nil }

// Missing are the figures that any probe feeds.
func (why unprobed) Missing() []snapshot.Missing {
	var missing []snapshot.Missing
	for _, group := range probes.Groups {
		missing = append(missing, lacking(group, string(why))...)
	}
	return missing
}
