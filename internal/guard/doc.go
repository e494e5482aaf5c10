// Package guard holds descriptors in a process of its own, the guard, and closes them
// when nobody renews their lease: a probe is removed when the last descriptor of its link
// is closed, and a process that is stopped closes nothing. The guard is another process
// of this executable, see become. It has no capabilities, ignores signals of the
// terminal, and ends when the process that started it ends, however that happens. If no
// process can be started, Local does the same within this one, as long as it runs. Close
// a Guard: it closes everything that it holds.
package guard
