// Package history keeps what is known of one target over time, within bounds: totals since
// it was attached, and its last intervals. It is pure.
package history
