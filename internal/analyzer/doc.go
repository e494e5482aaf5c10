// Package analyzer works out the figures of a Report: Analyze turns one Snapshot into
// one, with every figure's interval and a reason for each figure that cannot be claimed.
// It is pure: no clock, no input or output, the same Snapshot always gives the same
// Report. Findings are the work of package findings.
package analyzer
