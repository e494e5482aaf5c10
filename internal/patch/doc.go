// Package patch writes the settings that findings advise as text to paste: a kubectl command, a
// systemd drop-in, a compose override, a configuration of a collector or of the SDK, Go code, or
// plain variables. Names and values come from untrusted programs and are quoted for each form. It
// is pure, and holds nothing that must be closed.
package patch
