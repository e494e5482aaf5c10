package view

import "strings"

// help explains each line of the live view. " · " separates the entries of a list.
var help = []struct{ label, text string }{
	{"OTEL", "The share of the process's CPU time that OpenTelemetry takes, and its parts: tracing; instrumentation, which calls tracing and would remain with a no-op provider; metrics; logs."},
	{"TRACING", "The share of the process's CPU time that goes into OpenTelemetry tracing, with its 95 % interval, and the stages that it goes to."},
	{"SPANS", "Spans started, ended and exported per second. Failed spans reached no backend, dropped spans found the queue full, and spans that never end are leaks."},
	{"EXPORT", "Exports per second, spans per export, and how long exports take: half of them are faster than p50, 99 of 100 faster than p99."},
	{"QUEUE", "Spans that wait for export, and the queue's capacity. When the queue is full, the SDK drops spans without a message."},
	{"REQUESTS", "Requests per second, what tracing costs each of them, and whether they are blocked by exports. A request is a span without a parent in this process."},
	{"PROCESS", "CPU time, memory and allocations of the whole process."},
	{"FINDINGS", "Problems, and the settings to change."},
	{"NAMES", "The most frequent span names."},
	{"SITES", "The lines of code whose spans cost the most CPU time."},
	{"MISSING", "How many figures are not known. They are shown as –, never as 0."},
	{"OTWATCH", "The CPU time that watching adds to the process, and the budget for it; what otwatch uses itself; records that were lost."},
	{"marks", "≈ estimated · ≥ at least · ≤ at most · (7.1–8.8) 95 % interval · rates cover the last seconds · counts start at attach"},
	{"keys", "f findings · s stages · l libraries and scopes · m missing · ? help · ↑ ↓ scroll · esc back · space or p pause · q quit"},
	{"targets", "tab next · ↑ ↓ select · enter open · esc back"},
}

// helpRows has a row for each line of the live view.
func helpRows(frame) (rows []row) {
	for _, h := range help {
		r := row{label: h.label, style: heading, parts: prose(h.text, plain), sep: " "}
		if list := strings.Split(h.text, " · "); len(list) > 1 {
			r.parts, r.sep = nil, ""
			for _, entry := range list {
				r.parts = append(r.parts, text(entry))
			}
		}
		rows = append(rows, r)
	}
	return rows
}
