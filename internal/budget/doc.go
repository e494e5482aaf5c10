// Package budget decides how much the probes of one target may cost the target, and those
// of all targets the host. It is pure: it has no clock and does no input or output, so
// its tests simulate hours in a moment.
package budget
