// Package snapshot holds everything observed of one target in one interval, as plain
// values: no clocks, no handles, no judgement. Package agent assembles Snapshots, package
// history takes them in to make Reports. Nothing else passes between the two, so a
// recorded Snapshot can be judged again. There is nothing to close.
package snapshot
