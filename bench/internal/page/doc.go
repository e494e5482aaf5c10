// Package page keeps the tables of docs/benchmarks.md: every row is written by
// the run that measured it, and replaces that row of an earlier run on the same
// machine. Nothing in a table is written by hand.
package page
