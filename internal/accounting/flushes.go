package accounting

import (
	"slices"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// flush finds the calls of ForceFlush, or of Shutdown, of a signal, or adds them.
func (c *Components) flush(signal string, of probes.Operation) *snapshot.Flush {
	function := snapshot.ForceFlush
	if of == probes.Shutdown {
		function = snapshot.Shutdown
	}
	for _, f := range c.flushes {
		if f.Signal == signal && f.Function == function {
			return f
		}
	}
	f := &snapshot.Flush{Signal: signal, Function: function}
	c.flushes = append(c.flushes, f)
	return f
}

// AddCallers counts the calls of ForceFlush and Shutdown whose stack was recorded, by the
// line that made them. frames finds the functions of a stack.
func (c *Components) AddCallers(callers []probes.Caller, frames func(stack []uint64) []*snapshot.Frame) {
	for _, caller := range callers {
		f := c.flush(caller.Signal, caller.Of)
		var site snapshot.FlushSite
		stack := frames(caller.Stack)
		site.Site, site.Caller, site.Own = startSite(stack)
		i := slices.IndexFunc(f.Sites, site.SameLine)
		if i < 0 && len(f.Sites) < snapshot.MaxFlushSites {
			i = len(f.Sites)
			f.Sites = append(f.Sites, site)
		}
		if i >= 0 {
			f.Sites[i].Calls++
			if slices.ContainsFunc(stack, func(f *snapshot.Frame) bool { return classify.Serves(f.Function) }) {
				f.Sites[i].Served++
			}
		}
	}
}

// takeFlushes ends the interval for the calls of ForceFlush and Shutdown.
func (c *Components) takeFlushes() []snapshot.Flush {
	var taken []snapshot.Flush
	for _, f := range c.flushes {
		taken = append(taken, *f)
		*f = snapshot.Flush{Signal: f.Signal, Function: f.Function}
	}
	return taken
}
