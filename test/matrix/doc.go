// Package matrix builds a small traced program with each Go release, SDK
// version, build mode and exporter, attaches otwatch to it and compares the
// counts with the program's own. Its test runs a few combinations in which
// every value occurs; `make matrix` runs these and more, in which every pair of
// values occurs, or with CASES=all everything, and keeps docs/compatibility.md, in
// slices if need be. It needs root, and the Go module proxy for toolchains and SDK
// versions that are not in the cache.
package matrix
