// Package untrusted bounds what input from outside may cost otwatch.
//
// Executables, the memory of processes and recordings are written by others, who may be
// malicious. A Budget bounds, for one input, what is read of it, what is allocated for
// it, how many steps are made through it and how long that lasts. Calls bounds how long
// one system call may hang. The error names the limit that was exceeded, and nothing is
// allocated before. Text makes strings from outside harmless where they enter, Printable
// where they are shown. There is nothing to close.
package untrusted
