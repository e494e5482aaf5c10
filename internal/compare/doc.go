// Package compare tells what changed from one Report to another, and what of
// it can be claimed. It is pure.
package compare
