// Package races watches programs that change while they are watched: by exec, by
// forking, by their end and another process with the same pid, by new executables in
// place of old ones. No program may ever have a breakpoint where the SDK's functions
// do not have an instruction, and none may end for it. The kernel's own view, the
// bytes in the processes' memory, is compared with the executables all the time.
//
// Each race lasts for some seconds; make races EACH=5m takes longer.
package races
