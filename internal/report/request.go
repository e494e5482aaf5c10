package report

import "github.com/otwatch/otwatch/internal/estimate"

// Request is what tracing adds to a request, for which stands a span without a
// parent in the process. RootSpans is their number over the window, CostUS the
// CPU time that tracing takes for each, and BlockedUS the time for which its
// callers waited for exports, both in microseconds.
type Request struct {
	RootSpans *estimate.Estimate `json:"root_spans"`
	CostUS    *estimate.Estimate `json:"cost_us"`
	BlockedUS *estimate.Estimate `json:"blocked_us"`
}
