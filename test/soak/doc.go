// Package soak attaches to processes and detaches from them again and again,
// while they start, end, crash, are killed and become other programs, and looks
// for what stays behind: memory, descriptors, goroutines, programs, maps, links
// and pinned objects. The tests are all there is of it; make soak runs them for
// twenty minutes, make test for half of one.
package soak
