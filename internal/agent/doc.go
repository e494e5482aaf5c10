// Package agent watches targets. A Fleet finds them, follows them as they start,
// become other programs and end, and has each watched by a goroutine that owns it.
// A Watcher attaches probes to one, keeps those within its budget and the host's,
// keeps the books of what they record, and hands out a Snapshot every interval.
// Judging Snapshots is package analyzer's work. Run returns when everything is
// detached.
package agent
