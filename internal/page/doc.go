// Package page writes results into pages of docs: into sections between two comments,
// and into the tables of docs/benchmarks.md, row by row. The run that measures a row
// writes it, in place of that row of an earlier run on the same machine. Nothing in a
// section is written by hand.
package page
