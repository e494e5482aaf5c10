// Package layout knows where the fields of the SDK's structs lie that otwatch
// reads and that moved from version to version: from a table, made from the
// debug information of a program built with each minor version (make offsets),
// and for a version that the table does not have, from the target's own. What
// never moved stands beside the code that reads it. There is nothing to close.
package layout
