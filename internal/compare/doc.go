// Package compare finds what changed from one Report to another, and which changes are
// statistically certain. It is pure.
package compare
