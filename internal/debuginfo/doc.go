// Package debuginfo reads where the fields of structs lie from debug information in
// DWARF. It reads from the front to the end and follows no reference, so that neither
// hundreds of megabytes of it nor types that are deep, or lead back to themselves, cost
// memory: package debug/dwarf wants all of it at once, and descends into types without
// a bound. There is nothing to close.
package debuginfo
