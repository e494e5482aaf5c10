// Package host tells what this machine lets otwatch do, and what to change
// where it does not: by trying each thing, never by version numbers. There is
// nothing to close.
package host
