package report

import "github.com/otwatch/otwatch/internal/estimate"

// Request is what tracing adds to a request, which is a span without a parent in the process.
// RootSpans is the number of requests over the window, CostUS the CPU time of tracing for
// each, and BlockedUS how long each waited for exports, both in microseconds.
type Request struct {
	RootSpans *estimate.Estimate `json:"root_spans"`
	CostUS    *estimate.Estimate `json:"cost_us"`
	BlockedUS *estimate.Estimate `json:"blocked_us"`
}
