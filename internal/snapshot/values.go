package snapshot

// Values are how many different values one attribute of spans has. Unlike the rest
// of a Snapshot they are not of the interval: they are of the last spans that were
// looked at while they waited for their export, and of two Snapshots the later
// one's hold for both.
type Values struct {
	Key      string // cut off after 64 bytes
	Read     uint64 // spans that have it
	Distinct uint64 // different values among them
	Once     uint64 // of these, the ones that one span has
	Twice    uint64 // and the ones that two have
}
