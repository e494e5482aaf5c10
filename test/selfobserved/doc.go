// Package selfobserved builds a program with all signals and the SDK's self-observability
// for each of several SDK versions, watches it, and compares what otwatch would send with
// what the SDK counted itself, series by series. What otwatch does not have is listed in
// docs/metrics.md, and nowhere else. It needs root, and the Go module proxy for SDK versions
// that are not in the cache.
package selfobserved
