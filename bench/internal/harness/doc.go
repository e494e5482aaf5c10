// Package harness is what the benchmarks' commands have in common: the flags -row
// and -page, a Bench, the tables, and that a row which fails does not keep the
// others away.
package harness
