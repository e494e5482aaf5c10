// Package testreport checks that the figures of a report do not contradict each other. Tests
// that make reports pass each of them to Check.
package testreport
