// Package history keeps what is known of one target over time, within bounds: the total since
// it was attached, the last minute of intervals, readings, and stretches for charts. All
// Reports come from a History, live and of recordings. It is pure.
package history
