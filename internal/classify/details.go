package classify

import (
	"slices"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// siteOf is the index of the innermost frame of the program's own code or, if there is none,
// of another module that is not a library of tracing's; -1 if there is none of these
// either. Loops of servers and other libraries are not call sites.
func siteOf(frames []*snapshot.Frame) int {
	if own := slices.IndexFunc(frames, OwnCode); own >= 0 {
		return own
	}
	return slices.IndexFunc(frames, func(f *snapshot.Frame) bool {
		k := lookup(f.Function)
		return k.class == Application && !k.root
	})
}

// details are all that is counted of a stack.
type details struct {
	classification
	site        int    // index of the frame that is the call site; -1 if there is none
	library     int    // index of the frame of the code that tracing or instrumentation works for; -1 if there is none
	constructor string // the outermost function that builds what is needed once; may be empty
	reads       bool   // inside a metric reader
	polls       bool   // batches log records, on the goroutine that decides when a batch is full
	calls       bool   // in a gRPC client, on the goroutine of its caller
}

func detailsOf(frames []*snapshot.Frame) details {
	d := details{
		classification: classify(frames), site: siteOf(frames), library: libraryOf(frames), constructor: constructorIn(frames),
		reads: has(frames, readers), polls: has(frames, logPolling), calls: callsClient(frames),
	}
	if d.reads {
		d.classification = d.inReader()
	}
	return d
}
