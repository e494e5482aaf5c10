package analyzer

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/whatif"
)

// export sums up the exports that returned in the window.
func export(s snapshot.Snapshot, g *report.Gaps) report.Export {
	e := report.Export{Exporters: []report.Exporter{}, Errors: ExportErrors(s.Exports)}
	if g.Has("export") {
		return e
	}
	var spans, largest uint64
	var durations []time.Duration // of the latest operations
	var longest time.Duration
	for _, x := range s.Exports {
		e.Operations += x.Operations
		e.Failed += x.Errors
		spans += x.Spans
		largest = max(largest, x.MaxBatch)
		longest = max(longest, x.Durations.Max)
		e.BackoffSeconds += x.Backoff.Seconds()
		for _, op := range x.Latest {
			durations = append(durations, op.Duration)
		}
		e.Exporters = append(e.Exporters, report.Exporter{
			Name: ExporterName(x), Component: x.Component, Target: target(x, g),
			Exported: x.Exported, Failed: x.Failed, Inflight: x.Inflight,
			Durations: x.Durations.Without(x.Failures), Failures: x.Failures, Kinds: x.Kinds,
		})
	}
	e.OperationsEstimate = operations(s, e.Operations)
	e.Observed = observed(s)
	e.Retried = retried(s)
	if e.Retried == nil {
		g.Add("export.retried", notInPlace)
	}
	if e.Operations == 0 {
		g.Add("export.duration_ms", "no export ended in the window")
		g.Add("export.duration_estimate_ms", "no export ended in the window")
		g.Add("export.batch", "no export ended in the window")
		addPayload(g, "no export ended in the window")
		return e
	}
	weigh(&e, s.Exports, g)
	mean := estimate.Ratio(spans, e.Operations)
	e.Batch = report.Batch{Mean: &mean, Max: &largest}
	if len(durations) == 0 { // a recording that otwatch did not make
		g.Add("export.duration_ms", "no duration of an export is known")
		g.Add("export.duration_estimate_ms", "no duration of an export is known")
		return e
	}
	slices.Sort(durations)
	e.DurationMS = quantiles(durations, longest)
	e.DurationEstimateMS = estimates(&e.DurationMS, durations, s.Stretches, e.Operations, g)
	return e
}

// target is where an exporter sends to; nil if that is not known.
func target(x snapshot.Exporter, g *report.Gaps) *string {
	if x.Target == "" {
		g.Add("export.exporters.target", cmp.Or(x.Untold, Unrecorded))
		return nil
	}
	return &x.Target
}

// addPayload notes that the size of what was exported is not known.
func addPayload(g *report.Gaps, why string) {
	g.Add("export.bytes", why)
	g.Add("export.compression", "it follows from export.bytes, which is unknown")
}

// weigh adds up the payloads, if the size of each is known.
func weigh(e *report.Export, exports []snapshot.Exporter, g *report.Gaps) {
	var sized, weighed uint64
	var p whatif.Payload
	for _, x := range exports {
		sized += x.Sized
		weighed += x.Weighed
		p.Bytes += x.Bytes
		p.Sent += x.Sent
	}
	switch {
	case sized == 0:
		addPayload(g, "sizes are known for OTLP exports only; over gRPC, only if the build information contains protobuf's version")
		return
	case sized < e.Operations:
		addPayload(g, fmt.Sprintf("of %d exports, the payloads of %d could be read", e.Operations, sized))
		return
	}
	e.Bytes = &p.Bytes
	if weighed < e.Operations {
		g.Add("export.compression", "measured for OTLP/HTTP only; compression of gRPC calls cannot be attributed to exports")
		return
	}
	p.Compressed = p.Sent != p.Bytes
	c := whatif.Compress(p)
	e.Compression = &report.Compression{On: p.Compressed, SentBytes: p.Sent, Ratio: c.Ratio, SavedBytes: c.SavedBytes}
}

// retried counts the waits before another attempt; nil if the probe was not in place for the
// whole window. Those of exports are known where these are counted by stretches.
func retried(s snapshot.Snapshot) *uint64 {
	if inStretches(s) && s.CountOf("retry") != nil {
		var retries uint64
		for _, x := range s.Exports {
			retries += x.Retries
		}
		return &retries
	}
	for _, c := range s.Counts {
		if c.Probe == "retry" && c.Whole {
			return &c.Calls
		}
	}
	return nil
}
