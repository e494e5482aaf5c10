package analyzer

import (
	"math"
	"slices"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// request divides the cost of tracing by the requests. Spans that are not sampled are not
// read: the share of roots among them is taken to be the same.
func request(s snapshot.Snapshot, r report.Report, g *report.Gaps) report.Request {
	total := s.Names.Total()
	if r.Spans.Started == nil || total.Spans == 0 {
		const why = "needs the number of spans started, and the share of local roots among the spans read"
		g.Add("request.root_spans", why)
		g.Add("request.cost_us", why)
		g.Add("request.blocked_us", why)
		return report.Request{}
	}
	q := report.Request{RootSpans: r.Spans.Started.By(*sharesRead(s.Names)(total.LocalRoots)).Within(0, r.Spans.Started.High)}
	if q.RootSpans.Value == 0 {
		why := "none of the spans read is a local root (a span without a parent in the process)"
		if total.LocalRoots > 0 { // the spans that ended were started before
			why = "no span was started in the window"
		}
		g.Add("request.cost_us", why)
		g.Add("request.blocked_us", why)
		return q
	}
	if r.CPU.Tracing.Seconds == nil {
		g.Add("request.cost_us", "it is the cost of tracing divided by the requests, and that cost is unknown")
	} else {
		q.CostUS = r.CPU.Tracing.Seconds.Times(1e6).Per(*q.RootSpans)
	}
	q.BlockedUS = blocked(s, r.Spans.Sampled, *q.RootSpans, g)
	return q
}

// blocked is how long a request waited for exports by a simple span processor, and for
// ForceFlush and Shutdown.
func blocked(s snapshot.Snapshot, sampled *estimate.Estimate, roots estimate.Estimate, g *report.Gaps) *estimate.Estimate {
	if why := unblocked(s, sampled, g); why != "" {
		g.Add("request.blocked_us", why)
		return nil
	}
	if g.Has("export") {
		return waitOf(s.Exports).By(*sampled).Per(roots)
	}
	sum, calls, ok := waitedInFlushes(s, roots) // microseconds
	if !ok {
		g.Add("request.blocked_us", "ForceFlush or Shutdown is called, and neither the callers' stacks nor the number of calls show whether requests wait for them")
		return nil
	}
	for _, e := range s.Exports {
		sum += float64(e.Blocked.Nanoseconds()) / 1e3
		calls += e.Sync
	}
	if calls == 0 {
		return estimate.Counted(0)
	}
	return estimate.Around(sum, 0, calls).Per(roots)
}

// MinSyncExports is how many exports are needed to know how long they take.
const MinSyncExports = 3

// waitOf is how long the end of a sampled span waits for its exports, in microseconds. Of
// each exporter, the observed exports count: the budget may allow only some. It is nil if
// none was observed, or if some did not make a caller wait.
func waitOf(exporters []snapshot.Exporter) *estimate.Estimate {
	var value, variance float64
	var n uint64
	for _, e := range exporters {
		if e.Sync == 0 || e.Sync < e.Operations || len(e.Latest) < MinSyncExports {
			return nil
		}
		mean, deviation := waits(e.Latest)
		value += mean
		variance += deviation * deviation / float64(len(e.Latest))
		n += uint64(len(e.Latest))
	}
	if n == 0 {
		return nil
	}
	return estimate.Around(value, estimate.Z95*math.Sqrt(variance), n).Within(0, math.Inf(1))
}

// waits are the mean and the standard deviation of export durations, in microseconds.
func waits(operations []snapshot.Operation) (mean, deviation float64) {
	for _, op := range operations {
		mean += float64(op.Duration) / 1e3 / float64(len(operations))
	}
	for _, op := range operations {
		off := float64(op.Duration)/1e3 - mean
		deviation += off * off / float64(len(operations))
	}
	return mean, math.Sqrt(deviation)
}

// unblocked is the reason why the time that callers waited is unknown; "" if it is known.
func unblocked(s snapshot.Snapshot, sampled *estimate.Estimate, g *report.Gaps) string {
	blocks := func(p snapshot.Processor) bool { return p.Settings.Blocking }
	foreign := func(e snapshot.Exporter) bool { return e.Foreign > 0 }
	switch {
	case g.Has("export") && (sampled == nil || waitOf(s.Exports) == nil):
		return "exports are not counted"
	case g.Has("flushes") && !g.Has("export"):
		return "calls of ForceFlush are not counted"
	case slices.ContainsFunc(s.Processors, blocks):
		return "a processor blocks callers while its queue is full, and otwatch does not measure that time"
	case slices.ContainsFunc(s.Exports, foreign):
		return "a processor that is not the SDK's exports spans, and whether callers wait for it is unknown"
	case len(s.Processors) == 0 && len(s.Exports) == 0:
		return "no export has been seen"
	case s.Probing.Lost > 0:
		return "records of exports were lost"
	}
	return ""
}
