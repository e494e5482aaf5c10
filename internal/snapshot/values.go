package snapshot

// Values is how many different values one attribute of spans has. Unlike the rest of a
// Snapshot it is not of the interval, but of the last spans that were read while they
// waited for their export. Merging two Snapshots keeps those of the later one.
type Values struct {
	Key      string // truncated to 64 bytes
	Read     uint64 // spans that have it
	Distinct uint64 // different values among them
	Once     uint64 // of Distinct, those that one span has
	Twice    uint64 // of Distinct, those that two spans have
}
