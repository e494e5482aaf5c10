// Package agent watches targets: it attaches probes to them, keeps those within
// their budget, keeps the books of what they record, and hands out a Snapshot of
// each target every interval. A target has one goroutine that owns it, from
// attaching to its end. Judging Snapshots is package analyzer's work. Run
// returns when everything is detached.
package agent
