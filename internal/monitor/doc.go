// Package monitor keeps what has been seen of every watched target, interval by
// interval: the sum since it was attached, the last interval, and the recent
// past; of those that have ended, the last Reports alone. What it keeps of each is
// bounded. Outputs take their Reports and Frames from it. There is nothing to close.
package monitor
