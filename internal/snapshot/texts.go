package snapshot

// TextLimit is where strings are cut off for Texts.Cut, in bytes.
const TextLimit = 1024

// Texts are how long the strings in the attributes of spans are that waited for
// their export, as far as they were looked at, in bytes.
type Texts struct {
	Read    uint64  // spans
	Bytes   uint64  // of all their strings
	Squares float64 // sum of the squares of each span's bytes
	Cut     uint64  // bytes with each string cut off after TextLimit
}

// Add enters one span.
func (t *Texts) Add(bytes, cut uint64) {
	t.Read++
	t.Bytes += bytes
	t.Squares += float64(bytes) * float64(bytes)
	t.Cut += cut
}

// Merge adds what was seen later.
func (t *Texts) Merge(next Texts) {
	t.Read = plus(t.Read, next.Read)
	t.Bytes = plus(t.Bytes, next.Bytes)
	t.Squares += next.Squares
	t.Cut = plus(t.Cut, next.Cut)
}
