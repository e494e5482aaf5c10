package history

import "github.com/otwatch/otwatch/internal/snapshot"

// NameSpans is how many spans must be read to judge span names.
const NameSpans = 1000

// names are the names of the last NameSpans spans read, or up to twice as many. Windows in
// which names are read are few and short: there may be none in the last minute.
type names struct {
	older, newer snapshot.Names
	all          snapshot.Names // both
}

func (n *names) add(read snapshot.Names) {
	if len(read.List) == 0 && read.Ends == 0 {
		return
	}
	n.newer = n.newer.Merge(read)
	n.all = n.older.Merge(n.newer)
	if n.newer.Effective() >= NameSpans {
		n.older, n.newer = n.newer, snapshot.Names{}
	}
}
