// Package page keeps what runs write into pages of docs: sections between marks,
// and the tables of docs/benchmarks.md, where every row is written by the run that
// measured it, and replaces that row of an earlier run on the same machine.
// Nothing in a section is written by hand.
package page
