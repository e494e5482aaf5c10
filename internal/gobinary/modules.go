package gobinary

import (
	"runtime/debug"
	"slices"
	"strings"
)

// Module is one of the modules that a program was built from.
type Module struct {
	Path string
	// Version is that of what was built, replacements honoured: "" for a directory, whose
	// version is not recorded.
	Version string
	// Replacement is the path of another module, or a directory, that was built in place of
	// this one; "" if none was.
	Replacement string
}

// Release is the version of the module itself: "" if another module or a directory was built
// in its place, whose versions say nothing of this one's.
func (m Module) Release() string {
	if m.Replacement != "" || m.Version == "(devel)" {
		return ""
	}
	return m.Version
}

func modulesOf(info *debug.BuildInfo) []Module {
	modules := make([]Module, 0, len(info.Deps))
	for _, d := range info.Deps {
		m := Module{Path: shown(d.Path), Version: shown(d.Version)}
		if d.Replace != nil {
			m.Version = shown(d.Replace.Version)
			if d.Replace.Path != d.Path {
				m.Replacement = shown(d.Replace.Path)
			}
		}
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(x, y Module) int { return strings.Compare(x.Path, y.Path) })
	return modules
}

// ListsModules reports whether the program has build information, which lists its modules.
func (d Description) ListsModules() bool { return len(d.Modules) > 0 }

// Links reports whether a module is among those of the build information.
func (d Description) Links(module string) bool {
	_, found := slices.BinarySearchFunc(d.Modules, module, func(m Module, path string) int { return strings.Compare(m.Path, path) })
	return found
}
