package agent

// spansPerWindow is about how many spans are read in a window, or in a second of
// one without end: a share of one half then is known to ± 4 points after one.
const spansPerWindow = 512

// hitsPerSpan is how many probes the path of a recorded span has.
const hitsPerSpan = 4

// lot chooses of how many spans one is read.
type lot struct {
	calls uint64 // of OnEnd, when last asked
	oneIn uint32
}

// first chooses for a window that may have so many hits.
func (l *lot) first(hits uint64) {
	const most = 16 // for a window without a limit, of whose rate nothing is known
	l.oneIn = uint32(min(max(hits/hitsPerSpan/spansPerWindow, 1), most))
}

// next chooses after a window, or a second of one, by the calls seen in it.
func (l *lot) next(calls uint64) {
	l.oneIn = uint32(max((calls-l.calls)/spansPerWindow, 1))
	l.calls = calls
}
