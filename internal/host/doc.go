// Package host finds out what this machine lets otwatch do, and what to change if it does
// not. It tries each thing, and never goes by version numbers. There is nothing to close.
package host
