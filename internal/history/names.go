package history

import "github.com/otwatch/otwatch/internal/snapshot"

// NameSpans is how many spans are to be read before anything is said of span names.
const NameSpans = 1000

// names are the span names of the recent past, as far back as the last NameSpans spans
// read, and up to twice that. Windows in which names are read are few and short: the last
// minute may hold none.
type names struct {
	older, newer snapshot.Names
	all          snapshot.Names // both
}

func (n *names) add(read snapshot.Names) {
	if len(read.List) == 0 {
		return
	}
	n.newer = n.newer.Merge(read)
	n.all = n.older.Merge(n.newer)
	if n.newer.Effective() >= NameSpans {
		n.older, n.newer = n.newer, snapshot.Names{}
	}
}
