package classify

import (
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// OwnCode reports whether a frame is of the program's own code: neither of the standard
// library, nor of tracing, nor of another module.
func OwnCode(f *snapshot.Frame) bool {
	k := lookup(f.Function)
	return k.class == Application && !k.root && f.Module() == "" && !strings.Contains(f.File, "/vendor/")
}
