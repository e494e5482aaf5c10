package view

import "strings"

// shortFunction is a function's name without the directory of its package:
// cart.(*Service).Price.
func shortFunction(name string) string {
	path, _, _ := strings.Cut(name, "(")
	path, _, _ = strings.Cut(path, "[")
	return name[strings.LastIndexByte(path, '/')+1:]
}

// shortPath is a call site's file, its last three elements: the rest is where it was
// built.
func shortPath(file string) string {
	parts := strings.Split(file, "/")
	return strings.Join(parts[max(0, len(parts)-3):], "/")
}
