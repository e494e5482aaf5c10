// Package snapshot holds what was seen of one target in one interval, as plain
// values: no clocks, no handles, no judgement. Package agent assembles
// Snapshots, package analyzer turns them into Reports, and nothing else passes
// between the two, so a stored Snapshot is a complete experiment. There is
// nothing to close.
package snapshot
