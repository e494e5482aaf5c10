package snapshot

import "time"

// LongTrace is the trace whose spans have ended over the longest time, of those whose names were
// read, and that had a span in the last half minute. Unlike most of a Snapshot it is not of the interval, but of the time since otwatch attached:
// merging two Snapshots keeps that of the later one.
type LongTrace struct {
	Lasted time.Duration // from the first of its spans that was read to the last one
	Spans  uint64        // read of it, each as the number of spans that it stands for
	All    uint64        // of all spans read in that time
	Roots  uint64        // of Spans, those without a parent in the process
	// Untracked is the number of spans read, since otwatch attached, for whose traces there was no
	// room.
	Untracked uint64
}
