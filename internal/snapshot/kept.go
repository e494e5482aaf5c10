package snapshot

import "time"

// MaxKept bounds Kept.Lists.
const MaxKept = 8

// Kept is the slices and maps of spans that the program's own processors and exporters have,
// those of package tracetest included. Unlike the rest of a Snapshot they are not of the interval.
// Merging two Snapshots keeps those of the later one.
type Kept struct {
	Looked bool          // they were looked for
	Cut    bool          // what may have more was not looked at
	Age    time.Duration // of the process
	Lists  []KeptList    // those with the most entries first
}

// KeptReading is one reading of a slice or map, or of all in the same field of the same type.
type KeptReading struct {
	Where    string // the field, as in main.recorder.spans
	Of       string // the type of its elements
	Exported bool   // an exporter has it, or what the fields of an exporter lead to: its spans have ended
	Entries  uint64
	Read     uint64 // entries that were drawn, and of which it is known whether their span has ended
	Open     uint64 // of these, the ones whose span has not
}

// KeptList is how a slice or map has grown. A fall is a reading that is lower than the one before
// by more than a tenth of what it had grown.
type KeptList struct {
	KeptReading
	Before uint64        // entries at the first reading, or after the last fall
	Rising time.Duration // from that reading to the last one
	Still  time.Duration // how long ago, at the end of the interval, it was last seen to have grown
	Falls  uint64        // since otwatch attached
}

// Grown is by how much the list has grown in Rising.
func (l KeptList) Grown() uint64 { return max(l.Entries, l.Before) - l.Before }

// PerSecond is how fast.
func (l KeptList) PerSecond() float64 {
	if l.Rising <= 0 {
		return 0
	}
	return float64(l.Grown()) / l.Rising.Seconds()
}
