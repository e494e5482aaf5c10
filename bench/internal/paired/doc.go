// Package paired is the statistics of the benchmarks: runs of two modes in turn,
// so that what the machine does meanwhile meets both, their medians, and what
// may be said of them. It is pure.
package paired
