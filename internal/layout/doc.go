// Package layout has the offsets of fields in structs of the SDK and of Go's runtime that
// otwatch reads and that differ between versions: from a table, which is made from the debug information of
// programs built with each minor version (make offsets), or, for a version that the table
// does not have, from the target's own debug information. Offsets that never changed are
// beside the code that uses them. There is nothing to close.
package layout
