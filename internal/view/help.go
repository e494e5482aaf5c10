package view

import "strings"

// help explains each line of the live view in a sentence.
var help = []struct{ label, text string }{
	{"TRACING", "The part of the process's CPU time that goes into OpenTelemetry, with its 95 % interval, and the stages it goes to."},
	{"SPANS", "Spans started, ended and exported a second; failed ones reached no backend, dropped ones found the queue full, those never ended leak."},
	{"EXPORT", "Exports a second, the spans in each, and how long they took: half were faster than p50, 99 of 100 faster than p99."},
	{"QUEUE", "Spans waiting for export, against the queue's capacity; when it is full the SDK drops spans and says nothing."},
	{"PROCESS", "CPU and resident memory of the whole process."},
	{"FINDINGS", "What looks wrong, and the settings to change."},
	{"MISSING", "How many figures are not known; they are shown as –, never as 0."},
	{"OTWATCH", "What watching adds to the target, the most it may add, what otwatch uses itself, and records it lost."},
	{"marks", "≈ estimated · ≥ at least · (7.1–8.8) the 95 % interval · rates are of the last seconds · counts are since attach"},
	{"keys", "f findings · s stages · m missing · ? help · ↑ ↓ scroll · esc back · space or p pause · q quit"},
	{"targets", "tab next · ↑ ↓ select · enter open · esc back"},
}

// helpRows is a row for each line of the live view.
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
