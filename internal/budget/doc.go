// Package budget decides how much the probes of one target may cost it, and those
// of all targets the host. It is pure: it has no clock and touches nothing, so that
// its tests run hours of a target's life in a moment.
package budget
