package history

import "github.com/otwatch/otwatch/internal/snapshot"

// spansOfName is how many spans must have been read before names are judged.
const NameSpans = 1000

// namesLately are the span names of the recent past, as far back as it takes to
// have read spansOfName spans, and up to twice that. Windows in which names are
// read are few and short: what the rules of cost look at, a few seconds of a busy
// process, may hold none.
type Names struct {
	earlier, young snapshot.Names
	List           snapshot.Names // both
}

func (n *Names) Add(seen snapshot.Names) {
	if len(seen.List) == 0 {
		return
	}
	n.young = snapshot.Snapshot{Names: n.young}.Merge(snapshot.Snapshot{Names: seen}).Names
	n.List = snapshot.Snapshot{Names: n.earlier}.Merge(snapshot.Snapshot{Names: n.young}).Names
	if n.young.Effective() >= NameSpans {
		n.earlier, n.young = n.young, snapshot.Names{}
	}
}
