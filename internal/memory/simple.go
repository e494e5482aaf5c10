package memory

import "strings"

// Layout of go.opentelemetry.io/otel/sdk/trace.simpleSpanProcessor in words: its
// exporter, an interface, after a Mutex since v1.15, after an RWMutex before;
// since v1.39 inst in word 5. Source: sdk/trace/simple_span_processor.go, read
// back from DWARF.
const (
	simpleWords       = 6
	simpleExporter    = 1
	simpleExporterOld = 3
	simpleInst        = 5
)

// ExamineSimple reads what never changes in the simple span processor at an address. The
// exporter is the word whose method is that of an exporter.
func ExamineSimple(r Reader, address uint64, resolve func(uint64) (string, bool)) Processor {
	p := Processor{Address: address, Exporter: Exporter{Component: UnknownComponent, Endpoint: Endpoint{Unread: "no exporter was found"}}}
	words := make([]uint64, simpleWords)
	if err := r.words(address, words); err != nil {
		return p
	}
	for _, at := range []int{simpleExporter, simpleExporterOld} {
		method, ok := firstMethod(r, words[at], resolve)
		if ok && strings.HasSuffix(method, ".ExportSpans") {
			p.Exporter = identifyExporter(r, words[at], words[at+1], resolve)
			p.SelfObserved = at == simpleExporter && words[simpleInst] != 0
			return p
		}
	}
	return p
}
