package agent

import (
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// prober is the probes of one target. A *probes.Attachment is one.
type prober interface {
	Open(probes.Group) error
	Shut(...probes.Group) error
	IsOpen(probes.Group) bool
	Allow(probes.Group, probes.Allowance) error
	Lease(probes.Leases)
	LapsedNS(probes.Group) uint64
	Drain() error
	Take() probes.Records
	Usage() (probes.Usage, error)
	Busy() ([]probes.Flight, error)
	Flights() ([]probes.Flight, error)
	Counters() []probes.Counter
	Addresses() []uint64
	Missing() []snapshot.Missing
	Count() int
	Overspent() <-chan probes.Group
	Sighted() <-chan struct{}
	Close() error
}

// unprobed stands for the probes of a target that has none. Its value is the reason.
type unprobed string

func (unprobed) Open(probes.Group) error                    { return nil }
func (unprobed) Shut(...probes.Group) error                 { return nil }
func (unprobed) IsOpen(probes.Group) bool                   { return false }
func (unprobed) Allow(probes.Group, probes.Allowance) error { return nil }
func (unprobed) Lease(probes.Leases)                        {}
func (unprobed) LapsedNS(probes.Group) uint64               { return 0 }
func (unprobed) Drain() error                               { return nil }
func (unprobed) Take() probes.Records                       { return probes.Records{} }
func (unprobed) Usage() (probes.Usage, error)               { return probes.Usage{}, nil }
func (unprobed) Busy() ([]probes.Flight, error)             { return nil, nil }
func (unprobed) Flights() ([]probes.Flight, error)          { return nil, nil }
func (unprobed) Counters() []probes.Counter                 { return nil }
func (unprobed) Addresses() []uint64                        { return nil }
func (unprobed) Count() int                                 { return 0 }
func (unprobed) Overspent() <-chan probes.Group             { return nil }
func (unprobed) Sighted() <-chan struct{}                   { return nil }
func (unprobed) Close() error                               { return nil }

// Missing lists every figure that probes feed.
func (why unprobed) Missing() []snapshot.Missing {
	var missing []snapshot.Missing
	for _, group := range probes.Groups {
		missing = append(missing, lacking(group, string(why))...)
	}
	return missing
}
