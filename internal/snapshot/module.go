package snapshot

import "strings"

// Module is the module that the frame's file belongs to, with its version:
// example.org/router@v1.2.3. It is empty for the standard library, whose files have no
// version in their path, for the main module, and for vendored ones.
//
//	/root/go/pkg/mod/example.org/router@v1.2.3/tree.go
//	example.org/router@v1.2.3/tree.go with -trimpath
func (f Frame) Module() string {
	path := f.modulePath()
	version := strings.Index(path, "@v")
	if version < 0 {
		return ""
	}
	end := strings.IndexByte(path[version:], '/')
	if end < 0 {
		return ""
	}
	return path[:version+end]
}

// modulePath is the file without the directory of the module cache.
func (f Frame) modulePath() string {
	if _, path, found := strings.Cut(f.File, "/pkg/mod/"); found {
		return path
	}
	return f.File
}
