package probes

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
)

// flightBatch is how many entries of the map of operations under way are read with one
// system call.
const flightBatch = 256

// flightRoom has room for one batch. It is kept, since the map is read with every Snapshot.
type flightRoom struct {
	keys   [flightBatch]bpfFlightKey
	values [flightBatch]bpfFlight
}

// Busy lists the exports under way.
func (a *Attachment) Busy() ([]Flight, error) {
	flights, err := a.Flights()
	return slices.DeleteFunc(slices.Clone(flights), func(f Flight) bool { return f.Of != Export && f.Of != Metrics && f.Of != Logs }), err
}

// Flights lists the operations under way. All targets share the map, so one reading
// serves all that ask at the same time: the list is not to be changed.
func (a *Attachment) Flights() ([]Flight, error) {
	busy, err := a.session.flights.do(a.session.readFlights)
	return busy[a.tgid()], err
}

// readFlights lists the operations under way by tgid. It may miss one that begins or ends
// meanwhile.
func (s *Session) readFlights() (map[uint32][]Flight, error) {
	busy := map[uint32][]Flight{}
	var cursor ebpf.MapBatchCursor
	keys, values := s.room.keys[:], s.room.values[:]
	for {
		n, err := s.objects.Flights.BatchLookup(&cursor, keys, values, nil)
		if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return nil, fmt.Errorf("read the operations under way: %w", err)
		}
		for i, v := range values[:n] {
			tgid := keys[i].Tgid
			busy[tgid] = append(busy[tgid], Flight{
				Of: Operation(keys[i].Operation), Exporter: v.Receiver, Processor: v.Processor, Records: v.Length,
				StartedNS: v.StartedNs, key: keys[i],
			})
		}
		if err != nil {
			return busy, nil // that was the last of them
		}
	}
}

// forgetFlights removes the target's operations whose returns some groups would see:
// otherwise they would seem to be under way still, when their goroutine begins another one or
// another process has the pid.
func (a *Attachment) forgetFlights(shut ...Group) {
	busy, _ := a.Flights() // what is not found stays until the map is full
	for _, flight := range busy {
		if slices.Contains(shut, groupOf(flight.Of)) {
			_ = a.session.objects.Flights.Delete(flight.key)
		}
	}
}

// groupOf is the group that sees operations of a kind.
func groupOf(of Operation) Group {
	i := slices.IndexFunc(catalogue, func(row probe) bool { return row.Do == bpfActionACTION_ENTER && row.Of == of })
	return catalogue[i].Group
}

// Flight is an operation under way: an export of spans, with the address of its exporter; of log
// records, with that of what wraps the exporter; or of metrics, with that of the reader. Others
// have the address of the processor or reader.
type Flight struct {
	Of        Operation
	Exporter  uint64
	Processor uint64 // address of the processor; 0 if it is not known
	Records   uint64 // spans or log records
	StartedNS uint64 // CLOCK_MONOTONIC
	key       bpfFlightKey
}
