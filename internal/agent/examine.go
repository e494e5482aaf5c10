package agent

import (
	"math/rand/v2"

	"github.com/otwatch/otwatch/internal/memory"
)

// examiner reads the processors of a Watcher's process for package accounting.
type examiner struct{ *Watcher }

// Examine reads what never changes in a batch span processor.
func (e examiner) Examine(image memory.Image) memory.Processor {
	p := image.Examine(e.reader, e.resolve)
	e.identity.addProcessor(p)
	return p
}

// ExamineSimple does the same for a simple span processor.
func (e examiner) ExamineSimple(address uint64) memory.Processor {
	p := memory.ExamineSimple(e.reader, address, e.resolve)
	e.identity.addProcessor(p)
	return p
}

// MetricExporter identifies the exporter of a metric reader.
func (e examiner) MetricExporter(reader uint64) string {
	return memory.MetricExporter(e.reader, reader, e.resolve)
}

// LogExporter identifies the exporter of a log batch processor.
func (e examiner) LogExporter(wrapper uint64) string {
	return memory.LogExporter(e.reader, wrapper, e.resolve)
}

// readText reads one of the spans that wait for their export: how long its text is, and
// hashes of its attributes' values.
func (w *Watcher) readText(image memory.Image) {
	if text, ok := image.Text(w.reader, rand.Uint64N, w.names.IsSnapshot); ok {
		w.texts.Add(text.Bytes, text.Cut)
		w.values.Record(text)
	}
}

// isSnapshot reports whether an itab is that of the SDK's spans as processors
// are handed them.
func (w *Watcher) isSnapshot(itab uint64) bool { return memory.IsSnapshot(w.reader, itab, w.resolve) }

// resolve names the function at an address in the process.
func (w *Watcher) resolve(address uint64) (string, bool) {
	function, ok, err := w.process.Binary.FunctionAt(address - w.process.Bias)
	return function.Name, ok && err == nil
}
