// Package recording keeps Snapshots in a file, in the order in which they came,
// so that they can be judged again later. A Writer is closed to end the file;
// a file whose Writer never was is readable up to the last whole frame.
// Judging what was read is package replay's work.
package recording
