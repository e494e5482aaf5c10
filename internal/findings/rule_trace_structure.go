package findings

import (
	"fmt"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	oneTraceTime   = 32 * time.Second
	oneTraceShare  = 0.9 // of the spans
	longTraceTime  = 2 * time.Minute
	longTraceShare = 0.1
	longTraceSpans = 100

	unsampledShare  = 0.2 // of the spans with a remote parent, at the lower bound
	unsampledClears = 0.1
	unsampledSeen   = 30

	orphanShare  = 0.8 // of the client spans, at the lower bound
	orphanClears = 0.6
	orphansSeen  = 100
	callingShare = 0.3  // of all spans
	servingShare = 0.05 // of all spans
)

var traceStructure = rule{
	id: "trace-structure", category: "Sampling",
	says: "traces do not show requests: an endless trace, children of parents that are not sampled, or calls without the request that made them",
	when: "endless trace: spans of one trace end for longer than two minutes, and are a tenth of all spans in that time; info if they end for longer than 32 s and are 90 % of all spans. " +
		"Unsampled parents: of 30 spans or more with a parent in another process, more than 20 %, at the lower bound, have a parent that is not sampled. " +
		"Missing parents: of 100 spans or more of kind client or producer, more than 80 %, at the lower bound, have no parent, while they are 30 % of all spans and 5 % are of kind server or consumer: info",
	clears: "no such trace has had a span for half a minute; fewer than 10 % of those parents are not sampled; and fewer than 60 % of those spans have no parent",
	needs:  "needs 100 spans whose trace and parent were read",
	judge:  judgeTraceStructure,
}

// judgeTraceStructure looks for three kinds, and returns the first that is present.
func judgeTraceStructure(s facts) verdict {
	all := verdict{state: absent}
	if s.Names.Effective() < longTraceSpans {
		all.state = unknown
	}
	for _, v := range []verdict{judgeLongTrace(s.Last().LongTrace), judgeUnsampledParents(s.Names), judgeOrphans(s.Names)} {
		switch v.state {
		case present:
			return v
		case unknown:
			all.state = unknown
		}
	}
	return all
}

// judgeLongTrace looks for a trace that does not end.
func judgeLongTrace(t snapshot.LongTrace) verdict {
	share := estimate.Ratio(t.Spans, t.All)
	long := t.Lasted >= longTraceTime && share >= longTraceShare
	if t.All < longTraceSpans || !long && (t.Lasted < oneTraceTime || share < oneTraceShare) {
		return verdict{state: absent}
	}
	v := verdict{
		state: present, severity: report.Info,
		title: fmt.Sprintf("one trace has gone on for %s, with %s of the spans", lasting(t.Lasted), estimate.Percent(share)),
		evidence: map[string]float64{
			"lasted_seconds": t.Lasted.Seconds(), "share": share, "spans": float64(t.Spans), "local_roots": float64(t.Roots), "untracked": float64(t.Untracked),
		},
		advice: []report.Advice{
			code("start a new trace for each job, message or request: start its span with trace.WithNewRoot() and, if needed, a link to the span that scheduled it (trace.WithLinks)"),
			code("look for a context that is kept from the start of the program, in a field or a closure: spans started with it all belong to its trace"),
		},
	}
	if long {
		v.severity = report.Warning
	}
	if t.Roots == 0 {
		v.title += "; its root span was not seen: it has not ended, or is missing"
	}
	return v
}

// judgeUnsampledParents looks for spans that are sampled although their caller is not.
func judgeUnsampledParents(names snapshot.Names) verdict {
	total := names.Total()
	seen := worth(total.Remote, names)
	if seen < unsampledSeen {
		return verdict{state: absent}
	}
	share := estimate.Proportion(estimate.Ratio(total.Unsampled, total.Remote), seen)
	switch {
	case share.Value < unsampledClears:
		return verdict{state: absent}
	case share.Low <= unsampledShare:
		return verdict{}
	}
	return verdict{
		state: present, severity: report.Warning,
		title:    fmt.Sprintf("%s of the requests from traced callers are sampled although the caller's span is not: their traces have no beginning", estimate.Percent(share.Value)),
		evidence: map[string]float64{"share": share.Value, "low": share.Low, "high": share.High, "spans": float64(seen), "limit": unsampledShare},
		advice: []report.Advice{setting("follow the caller's decision: in code, trace.WithSampler(trace.ParentBased(…)), which takes precedence",
			"OTEL_TRACES_SAMPLER", "parentbased_always_on")},
	}
}

// judgeOrphans looks for calls that do not belong to the requests that the process serves.
func judgeOrphans(names snapshot.Names) verdict {
	total := names.Total()
	seen := worth(total.Calling, names)
	if seen < orphansSeen || estimate.Ratio(total.Calling, total.Spans) < callingShare || estimate.Ratio(total.Serving, total.Spans) < servingShare {
		return verdict{state: absent}
	}
	share := estimate.Proportion(estimate.Ratio(total.Orphans, total.Calling), seen)
	switch {
	case share.Value < orphanClears:
		return verdict{state: absent}
	case share.Low <= orphanShare:
		return verdict{}
	}
	return verdict{
		state: present, severity: report.Info,
		title:    fmt.Sprintf("%s of the calls to others have no parent, in a process that serves requests", estimate.Percent(share.Value)),
		evidence: map[string]float64{"share": share.Value, "low": share.Low, "high": share.High, "spans": float64(seen), "limit": orphanShare},
		advice:   []report.Advice{code("pass the request's context to clients, as in db.QueryContext(ctx, …) and http.NewRequestWithContext(ctx, …): with context.Background() a call starts a trace of its own")},
	}
}

// worth is how many spans of one weight are worth as much as those of a weight.
func worth(weight uint64, names snapshot.Names) uint64 {
	return uint64(estimate.Ratio(weight, names.Total().Spans) * float64(names.Effective()))
}
