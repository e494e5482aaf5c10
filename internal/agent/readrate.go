package agent

const (
	// spansPerWindow is about how many spans are read in a window, or in a second of one
	// that stays open: a share of one half is then known to ± 4 points after one window.
	spansPerWindow = 512
	// hitsPerSpan is how many probes are on the path of a recorded span.
	hitsPerSpan = 4
)

// readRate is how often spans that end are read.
type readRate struct {
	oneIn uint32 // one span in this number
	calls uint64 // of OnEnd, at the last adjust
}

// start sets the rate for the first window, which may have so many hits.
func (r *readRate) start(hits uint64) {
	const most = 16 // for a window without a limit, in which the rate of spans is not known
	r.oneIn = uint32(min(max(hits/hitsPerSpan/spansPerWindow, 1), most))
}

// adjust sets the rate after a window, or a second of one, by the calls of OnEnd in it.
func (r *readRate) adjust(calls uint64) {
	r.oneIn = uint32(max((calls-r.calls)/spansPerWindow, 1))
	r.calls = calls
}
