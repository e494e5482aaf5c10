// Package findings finds out what is wrong with a target's tracing. Each finding is a row
// of a table: a rule with its thresholds, in a file of its own, that a Judge applies at
// the end of every interval. Advice comes with a forecast where the past can be replayed
// under other settings. It is pure: the same Snapshots always give the same findings.
package findings

//go:generate go run ./gendocs -o ../../docs/findings.md
