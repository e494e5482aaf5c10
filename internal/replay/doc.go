// Package replay turns files back into Reports: recordings, by judging what
// they hold as if it came now, and JSON reports, as they are.
package replay
