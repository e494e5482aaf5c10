package export

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Folded writes all samples of targets as folded stacks, which flame graph tools read: a
// line for each stack, with its functions from the outermost on between semicolons, and
// the number of samples. The first is the service, with the pid if there are several
// targets.
func Folded(w io.Writer, targets []snapshot.Snapshot) error {
	b := bufio.NewWriter(w)
	for _, s := range targets {
		root := folded(cmp.Or(s.Target.ServiceName, path.Base(s.Target.Exe)))
		if len(targets) > 1 {
			root = fmt.Sprintf("%s (pid %d)", root, s.Target.PID)
		}
		for _, stack := range s.Samples.Stacks {
			_, _ = b.WriteString(root) // Flush returns the error
			for i := len(stack.Frames) - 1; i >= 0; i-- {
				_, _ = b.WriteString(";" + folded(stack.Frames[i].Name()))
			}
			_, _ = fmt.Fprintf(b, " %d\n", stack.Count)
		}
	}
	return b.Flush()
}

// folded is a name without what separates names: type parameters may have semicolons.
func folded(name string) string {
	return strings.ReplaceAll(untrusted.Printable(name), ";", ",")
}
