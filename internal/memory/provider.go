package memory

import (
	"strings"

	"github.com/otwatch/otwatch/internal/layout"
)

// maxProcessors bounds the processors of one provider that are looked at.
const maxProcessors = 32

// Providers reads the TracerProviders of a process.
type Providers struct {
	reader  Reader
	resolve func(address uint64) (string, bool)
	tracer, provider,
	processors uint64 // offsets
}

// NewProviders returns a reader of a process's providers with a layout.
func NewProviders(r Reader, l layout.Layout, resolve func(uint64) (string, bool)) Providers {
	return Providers{
		reader: r, resolve: resolve,
		tracer: l[layout.SpanTracer], provider: l[layout.TracerProvider], processors: l[layout.ProviderProcessors],
	}
}

// Of is the address of the provider of a span that was started. ok is false if there is no such
// span, or the provider has no processors.
func (p Providers) Of(span uint64) (provider uint64, ok bool) {
	var tracer, found [1]uint64
	if p.reader.words(span+p.tracer, tracer[:]) != nil || p.reader.words(tracer[0]+p.provider, found[:]) != nil {
		return 0, false
	}
	return found[0], len(p.Processors(found[0])) > 0
}

// Processors are the span processors of a provider. The list is behind a pointer or, until v1.14,
// in an interface: *[]*spanProcessorState, each of which begins with the processor. Source:
// sdk/trace/provider.go, span_processor.go, v1.7 to v1.47.
func (p Providers) Processors(provider uint64) []Interface {
	var lists [2]uint64
	if p.reader.words(provider+p.processors, lists[:]) != nil {
		return nil
	}
	for _, list := range lists {
		if processors := p.processorsAt(list); len(processors) > 0 {
			return processors
		}
	}
	return nil
}

func (p Providers) processorsAt(list uint64) (processors []Interface) {
	var slice [3]uint64
	if p.reader.words(list, slice[:]) != nil || slice[1] == 0 || slice[1] > slice[2] || slice[1] > maxProcessors {
		return nil
	}
	states := make([]uint64, slice[1])
	if p.reader.words(slice[0], states) != nil {
		return nil
	}
	for _, state := range states {
		var words [2]uint64
		if p.reader.words(state, words[:]) != nil {
			return nil
		}
		// The methods of a SpanProcessor by name: ForceFlush is the first.
		if method, ok := firstMethod(p.reader, words[0], p.resolve); !ok || !strings.HasSuffix(method, ".ForceFlush") {
			return nil
		}
		processors = append(processors, Interface{words[0], words[1]})
	}
	return processors
}
