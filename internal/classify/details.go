package classify

import (
	"slices"
	"strings"

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

// readerFrames are prefixes of the functions that collect metrics: all work of a metric
// reader, including its exports, is below one of them.
var readerFrames = []string{
	"go.opentelemetry.io/otel/sdk/metric.(*PeriodicReader).collectAndExport",
	"go.opentelemetry.io/otel/sdk/metric.(*ManualReader).Collect",
	"go.opentelemetry.io/otel/exporters/prometheus.(*collector).Collect",
}

// reads reports whether a stack is inside a metric reader.
func reads(frames []*snapshot.Frame) bool {
	for _, f := range frames {
		for _, begin := range readerFrames {
			if strings.HasPrefix(f.Function, begin) {
				return true
			}
		}
	}
	return false
}

// details are all that is counted of a stack.
type details struct {
	classification
	site        int    // index of the frame that is the call site; -1 if there is none
	constructor string // the outermost function that builds what is needed once; may be empty
	reads       bool   // inside a metric reader
	logs        bool   // makes, batches or exports log records
	polls       bool   // of these, on the goroutine that decides when a batch is full
	calls       bool   // in a gRPC client, on the goroutine of its caller
	signals     bool   // for metrics or logs
}

func detailsOf(frames []*snapshot.Frame) details {
	works, polls := logs(frames)
	reads := reads(frames)
	return details{
		classify(frames), siteOf(frames), constructorIn(frames), reads, works, polls, callsClient(frames),
		reads || works || signals(frames),
	}
}
