package agent

import (
	"math/rand/v2"

	"github.com/otwatch/otwatch/internal/memory"
)

// examine reads what is fixed in a processor newly seen.
func (w *Watcher) examine(image memory.Image) memory.Processor {
	p := image.Examine(w.reader, w.resolve)
	w.identity.examined(p)
	return p
}

// examineSimple does the same for a simple span processor.
func (w *Watcher) examineSimple(address uint64) memory.Processor {
	p := memory.ExamineSimple(w.reader, address, w.resolve)
	w.identity.examined(p)
	return p
}

// readText looks at how long the text is that one of the spans carries that wait
// for their export, and which of its attributes' values were seen before.
func (w *Watcher) readText(image memory.Image) {
	if text, ok := image.Text(w.reader, rand.Uint64N, w.names.ours); ok {
		w.texts.Add(text.Bytes, text.Cut)
		w.values.enter(text)
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
