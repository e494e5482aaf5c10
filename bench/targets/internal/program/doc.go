// Package program is what the benchmarks' traced programs have in common: their
// flags, a tracer provider that is the SDK's or the no-op one by turns, a live
// heap, and the few lines by which the benchmark leads them through a run.
//
// A program prints "ready", a server with its address behind it; a line on
// standard input begins the load of one that makes its own; the number of
// requests made follows as JSON; the lines "without" and "with" turn tracing off
// and on; the end of standard input ends it.
package program
