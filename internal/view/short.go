package view

import "strings"

// shortFunction returns a function's name without the directory of its package:
// cart.(*Service).Price.
func shortFunction(name string) string {
	path, _, _ := strings.Cut(name, "(")
	path, _, _ = strings.Cut(path, "[")
	return name[strings.LastIndexByte(path, '/')+1:]
}

// shortPath returns the last three elements of a call site's file. The rest is the
// directory of the build.
func shortPath(file string) string {
	parts := strings.Split(file, "/")
	return strings.Join(parts[max(0, len(parts)-3):], "/")
}
