// Package replay turns files back into Reports: recordings, by judging their Snapshots as
// if these came now, and JSON reports, unchanged. There is nothing to close.
package replay
