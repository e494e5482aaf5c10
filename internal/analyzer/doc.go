// Package analyzer judges Snapshots: it turns one into a Report, with every
// figure's interval and a reason for each figure that cannot be claimed. It is
// pure: no clock, no input or output, the same Snapshot always gives the same
// Report.
package analyzer
