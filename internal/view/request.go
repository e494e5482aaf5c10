package view

import "github.com/otwatch/otwatch/internal/report"

// request shows what tracing costs a request, since attach: the number of requests is
// an estimate whose interval narrows with time.
func (f frame) request() []row {
	parts := requestParts(f.Total)
	if len(parts) == 0 {
		return nil
	}
	return []row{{name: "REQUESTS", label: "REQUESTS", style: heading, parts: parts, rank: advised}}
}

// requestParts returns the known figures of requests.
func requestParts(r report.Report) []part {
	var parts []part
	q := r.Request
	if q.RootSpans != nil {
		parts = append(parts, text(rateOf(q.RootSpans, r)))
	}
	if q.CostUS != nil {
		parts = append(parts, text(duration(q.CostUS, " of CPU each")))
	}
	switch blocked := q.BlockedUS; {
	case blocked == nil:
	case blocked.High == 0:
		parts = append(parts, text("never blocked by an export"))
	default:
		parts = append(parts, styled("blocked by exports for "+duration(blocked, " each"), warning))
	}
	return parts
}

// request writes a section if any of its figures is known.
func (p *page) request() {
	parts := requestParts(p.report)
	if len(parts) == 0 {
		return
	}
	p.section("REQUESTS")
	p.add("", parts...)
}
