// Package gobinary reads Go executables, stripped ones too: the versions that a
// program was built from, its functions and their code, the functions, files and
// lines of its instructions, and the layout of its structs where it has debug
// information. It reads a file and nothing of a process, which is package target's
// work. A file is untrusted: limits.go bounds what reading it may cost. A Binary needs
// no closing, but reads from the file that it was given.
package gobinary
