// Package guard has descriptors held by a process of its own, the guard, which
// closes them when nobody renews their lease: a probe goes when the last descriptor
// of its link is closed, and a process that was stopped closes nothing. The guard is
// this executable once more, see become; it has no capabilities, ignores what a
// terminal sends, and ends when the process that started it does, however that ends.
// Where a process cannot be had, Local does the same within this one, as far as it
// runs. Close a Guard: everything that it holds is closed then.
package guard
