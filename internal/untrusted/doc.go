// Package untrusted bounds what input from outside may cost otwatch.
//
// Executables, the memory of processes and recordings are written by others, who
// may mean harm. A Budget bounds what is read of one of them, what is allocated for
// it, how many steps are made through it and how long that takes, in total. Calls
// bounds how long one system call may hang. Whoever exceeds a limit gets an error
// that says which; nothing is allocated first. Text makes strings from outside harmless
// where they enter, Printable where they are shown. There is nothing to close.
package untrusted
