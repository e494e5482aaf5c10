// Package matrix builds a small traced program with each Go release, SDK
// version, build mode and exporter, attaches otwatch to it and compares the
// counts with the program's own. Its test runs a few combinations in which
// every value occurs; `make matrix` runs all pairs of values, or with CASES=all
// everything, and writes docs/compatibility.md. It needs root, and the Go
// module proxy for toolchains and SDK versions that are not in the cache.
package matrix
