// Package real watches programs that nobody here wrote: it builds them from the
// Go module proxy, sends their spans to a receiver of its own, and compares what
// otwatch counts with what arrives. `make real` runs it, as root.
package real
