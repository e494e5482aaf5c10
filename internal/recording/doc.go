// Package recording writes Snapshots to a file in the order in which they came, and reads
// them, so that they can be judged later. Close a Writer to end the file: a file that was
// not ended is readable up to the last whole frame. Judging is the work of package replay.
package recording
