// Package debuginfo reads the offsets of struct fields from DWARF debug information. It
// reads from beginning to end and follows no references, so that neither hundreds of
// megabytes, nor deep or recursive types need memory. Package debug/dwarf needs all of it
// in memory, and descends into types without limit. There is nothing to close.
package debuginfo
