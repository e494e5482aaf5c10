package analyzer

import "github.com/otwatch/otwatch/internal/snapshot"

// namesLately are the span names of the recent past, as far back as it takes to
// have read spansOfName spans, and up to twice that. Windows in which names are
// read are few and short: what the rules of cost look at, a few seconds of a busy
// process, may hold none.
type namesLately struct {
	earlier, young snapshot.Names
	list           snapshot.Names // both
}

func (n *namesLately) add(seen snapshot.Names) {
	if len(seen.List) == 0 {
		return
	}
	n.young = snapshot.Snapshot{Names: n.young}.Merge(snapshot.Snapshot{Names: seen}).Names
	n.list = snapshot.Snapshot{Names: n.earlier}.Merge(snapshot.Snapshot{Names: n.young}).Names
	if worth(n.young) >= spansOfName {
		n.earlier, n.young = n.young, snapshot.Names{}
	}
}
