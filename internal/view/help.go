package view

// help explains each line of the live view in a sentence.
var help = []struct{ label, text string }{
	{"TRACING", "The part of the process's CPU time that goes into OpenTelemetry, with its 95 % interval, and the stages it goes to."},
	{"SPANS", "Spans started, ended and exported a second; failed ones reached no backend, dropped ones found the queue full, those never ended leak."},
	{"EXPORT", "Exports a second, the spans in each, and how long they took: half were faster than p50, 99 of 100 faster than p99."},
	{"QUEUE", "Spans waiting for export, against the queue's capacity; when it is full the SDK drops spans and says nothing."},
	{"PROCESS", "CPU and resident memory of the whole process."},
	{"FINDINGS", "What looks wrong, and the settings to change."},
	{"MISSING", "Figures that cannot be claimed, and why; they stand as –, never as 0."},
	{"OTWATCH", "What watching adds to the target, the most it may add, what otwatch uses itself, and records it lost."},
	{"marks", "≈ estimated · ≥ at least · (7.1–8.8) the 95 % interval; rates are of the last seconds, counts since attach."},
	{"keys", "q quit · space or p pause · ? help · of several targets: ↑, ↓ or tab select, enter opens, esc goes back"},
}

// helpRows is the help panel: the same layout as the figures, so it wraps and
// gives way like them.
func helpRows(keys string) []row {
	rows := []row{{label: "otwatch", style: heading, parts: []part{text("what the lines mean")}}, {rank: blank}}
	for i, h := range help {
		explained := row{name: h.label, label: h.label, style: heading, parts: prose(h.text, plain), sep: " ", rank: useful}
		if i == len(help)-1 {
			explained.rank = essential // the keys
		}
		rows = append(rows, explained)
	}
	return append(rows, row{rank: blank}, row{right: keys})
}
