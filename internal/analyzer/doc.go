// Package analyzer judges Snapshots: Analyze turns one into a Report, with
// every figure's interval and a reason for each figure that cannot be claimed,
// and a Judge finds out from many of one target what is wrong with it. It is
// pure: no clock, no input or output, the same Snapshot always gives the same
// Report.
package analyzer

//go:generate go run ./gendocs -o ../../docs/findings.md
