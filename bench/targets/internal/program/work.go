package program

import "crypto/sha256"

// Heap holds so many MiB, as a service holds its caches: with a heap of a few
// MiB, tracing's own live memory would make the collector run less often, and
// a comparison would show less than what tracing costs.
func Heap(mebibytes int) [][]byte {
	var live [][]byte
	for range mebibytes * 64 {
		live = append(live, make([]byte, 1<<14))
	}
	return live
}

// Hash is work for the CPU that allocates nothing: so many hashes of a seed.
func Hash(seed [sha256.Size]byte, times int) [sha256.Size]byte {
	for range times {
		seed = sha256.Sum256(seed[:])
	}
	return seed
}
