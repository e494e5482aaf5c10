// Package target answers what a running process is: whether it is a Go program
// with the OpenTelemetry SDK, which versions it was built from, where its
// functions are, what service and container it belongs to, and when it ends.
// It only reads: /proc and the executable, never the process's memory, and it
// attaches nothing, which is package probes' work. Close every Process; a
// Binary needs no closing but reads from the file it was given.
package target
