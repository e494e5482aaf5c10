package snapshot

// Functions of Flushes.
const (
	ForceFlush = "ForceFlush"
	Shutdown   = "Shutdown"
)

// MaxFlushSites bounds the sites of a Flush.
const MaxFlushSites = 16

// Flush is the calls of ForceFlush, or of Shutdown, of the SDK's batch processors or metric
// readers of one signal that returned. The caller waits for the export.
type Flush struct {
	Signal   string // Traces, Metrics or Logs
	Function string // ForceFlush or Shutdown
	Calls    Calls
	Sites    []FlushSite // MaxFlushSites at most
}

// FlushSite is a line that makes these calls.
type FlushSite struct {
	// Site is the innermost frame outside the OpenTelemetry SDK and API, Caller its caller.
	Site, Caller Frame
	// Own is the innermost frame of the program's own code, if Site is not.
	Own    Frame
	Calls  uint64 // whose stack was recorded: a few of all
	Served uint64 // of Calls, those that the handler of a request makes
}

// SameLine reports whether both are the same line, called from the same line.
func (s FlushSite) SameLine(other FlushSite) bool { return s.line() == other.line() }

func (s FlushSite) line() [3]Frame { return [3]Frame{s.Site, s.Caller, s.Own} }

func mergeFlush(a, b Flush) Flush {
	merged := Flush{Signal: b.Signal, Function: b.Function, Calls: a.Calls.merge(b.Calls)}
	merged.Sites = mergeBy(a.Sites, b.Sites, FlushSite.line, func(a, b FlushSite) FlushSite {
		b.Calls, b.Served = plus(a.Calls, b.Calls), plus(a.Served, b.Served)
		return b
	})
	merged.Sites = merged.Sites[:min(len(merged.Sites), MaxFlushSites)]
	return merged
}
