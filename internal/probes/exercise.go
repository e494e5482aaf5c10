package probes

import (
	"errors"
	"runtime"
	"time"
)

// Exercise probes a function of this process, calls begin with the address of the probed
// instruction in the file, and hits the probe for a given CPU time of this thread. It
// returns the number of hits.
func (s *Session) Exercise(cpu time.Duration, begin func(address uint64) error) (hits uint64, err error) {
	function, err := findOwnFunction()
	if err != nil {
		return 0, err
	}
	release, err := calibrationEntries(&s.objects)
	if err != nil {
		return 0, err
	}
	defer release()
	probe, err := s.probeOwn(function, function.places[0])
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, probe.Close()) }()
	if err := begin(function.address + function.places[0].Offset); err != nil {
		return 0, err
	}
	runtime.LockOSThread() // whose CPU time is measured
	defer runtime.UnlockOSThread()
	for start := threadCPU(); threadCPU()-start < cpu; {
		for n := range calibrationCalls {
			calibrationTarget(n)
		}
		hits += calibrationCalls
	}
	return hits, nil
}
