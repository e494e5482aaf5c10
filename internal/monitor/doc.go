// Package monitor has the History and the Judge of every watched target, and of targets that
// have ended the last Reports. All outputs, live and of recordings, take their Reports,
// Frames and Timelines from it. What it keeps is bounded. There is nothing to close.
package monitor
