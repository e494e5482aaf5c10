// Package subject runs the programs that the benchmarks watch: builds them,
// starts them with tracing on or off, puts a paced load on them, and reads what
// CPU time they used. Close the Bench: it removes what was built.
package subject
