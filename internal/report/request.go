package report

import "github.com/otwatch/otwatch/internal/estimate"

// Request is what tracing adds to a request, which is a span without a parent in the process.
type Request struct {
	// Requests started in the window. Null if `spans.started` is null, or if no span was read.
	RootSpans *estimate.Estimate `json:"root_spans" unit:"requests"`
	// CPU time of tracing per request. Null if `request.root_spans` or `cpu.tracing.seconds`
	// is null, or if there was no request.
	CostUS *estimate.Estimate `json:"cost_us" unit:"µs"`
	// How long a request waited for exports, and for the calls of ForceFlush and Shutdown that
	// requests make. Null if `request.root_spans` is null, if there was no request, if the waiting
	// cannot be measured, or if it is not known whether requests make these calls.
	BlockedUS *estimate.Estimate `json:"blocked_us" unit:"µs"`
}
