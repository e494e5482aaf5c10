// Package target finds running processes and answers what each of them is: whether it
// is a Go program with the OpenTelemetry SDK, where its code is in memory, what service
// and container it belongs to, and when it ends. It reads /proc and the executable,
// which package gobinary parses; it never writes to the process and attaches nothing.
// Close every Process.
package target
