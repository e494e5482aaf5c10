package snapshot

// TextLimit is the length to which strings are truncated for Texts.Cut, in bytes.
const TextLimit = 1024

// Texts are the lengths, in bytes, of the strings in the attributes of spans that were read
// while they waited for their export.
type Texts struct {
	Read    uint64  // spans
	Bytes   uint64  // of all their strings
	Squares float64 // sum of the squares of each span's bytes
	Cut     uint64  // bytes if each string were truncated to TextLimit
}

// Add enters one span.
func (t *Texts) Add(bytes, cut uint64) {
	t.Read++
	t.Bytes += bytes
	t.Squares += float64(bytes) * float64(bytes)
	t.Cut += cut
}

// Merge adds the spans of the next interval.
func (t *Texts) Merge(next Texts) {
	t.Read = plus(t.Read, next.Read)
	t.Bytes = plus(t.Bytes, next.Bytes)
	t.Squares += next.Squares
	t.Cut = plus(t.Cut, next.Cut)
}
