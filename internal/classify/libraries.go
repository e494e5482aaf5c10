package classify

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// MaxLibraries bounds the libraries that are told apart. The samples of others are in
// OtherLibraries.
const MaxLibraries = 128

// Library is a package that calls tracing, or builds attributes for it.
type Library struct {
	Package string
	Module  string // with its version; empty if it is not known, or the main module
}

// OtherLibraries stands for all for which there is no room.
var OtherLibraries = Library{Package: "…"}

// plumbing are packages of OpenTelemetry that work for whoever calls them.
var plumbing = []string{otel + "/...", "go.opentelemetry.io/contrib/propagators/...", "go.opentelemetry.io/auto/..."}

// libraryOf is the index of the innermost frame of the code for whom tracing or
// instrumentation works; -1 if it is a goroutine of tracing's own.
func libraryOf(frames []*snapshot.Frame) int {
	return slices.IndexFunc(frames, func(f *snapshot.Frame) bool {
		k := lookup(f.Function)
		return !k.root && (k.class == Application || k.class == Instrumentation) && !slices.ContainsFunc(plumbing, k.in)
	})
}

// LibraryOf is the library that a frame is of. Packages inside of one are one with it.
func LibraryOf(f snapshot.Frame) Library {
	pkg, _, _ := strings.Cut(parseFunction(f.Function).pkg, "/internal/")
	return Library{strings.TrimSuffix(pkg, "/internal"), f.Module()}
}

// ByLibrary are counts by library, MaxLibraries at most.
type ByLibrary map[Library]uint64

func (counts ByLibrary) add(library Library, n uint64) {
	if _, known := counts[library]; !known && len(counts) >= MaxLibraries {
		library = OtherLibraries
	}
	counts[library] += n
}

// merge adds the counts of another interval, in an order that does not change.
func (counts ByLibrary) merge(more ByLibrary) {
	byName := func(a, b Library) int {
		return cmp.Or(strings.Compare(a.Package, b.Package), strings.Compare(a.Module, b.Module))
	}
	for _, library := range slices.SortedFunc(maps.Keys(more), byName) {
		counts.add(library, more[library])
	}
}
