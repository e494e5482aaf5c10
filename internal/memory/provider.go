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
	fields  layout.Layout
	resolve func(address uint64) (string, bool)
}

// NewProviders returns a reader of a process's providers with a layout.
func NewProviders(r Reader, l layout.Layout, resolve func(uint64) (string, bool)) Providers {
	return Providers{reader: r, fields: l, resolve: resolve}
}

// ProviderOf reads which TracerProvider has made a span, by its address.
func ProviderOf(r Reader, l layout.Layout, span uint64) (uint64, error) {
	var word [1]uint64
	for _, field := range []layout.Field{layout.SpanTracer, layout.TracerProvider} {
		at, known := l[field]
		if !known {
			return 0, errNoSampler
		}
		if err := r.words(span+at, word[:]); err != nil {
			return 0, err
		}
		span = word[0]
	}
	return span, nil
}

// Of is the address of the provider of a span that was started. ok is false if there is no such
// span, or the provider has no processors.
func (p Providers) Of(span uint64) (provider uint64, ok bool) {
	provider, err := ProviderOf(p.reader, p.fields, span)
	return provider, err == nil && len(p.Processors(provider)) > 0
}

// Processors are the span processors of a provider. The list is behind a pointer or, until v1.14,
// in an interface: *[]*spanProcessorState, each of which begins with the processor. Source:
// sdk/trace/provider.go, span_processor.go, v1.7 to v1.47.
func (p Providers) Processors(provider uint64) []Interface {
	var lists [2]uint64
	if p.reader.words(provider+p.fields[layout.ProviderProcessors], lists[:]) != nil {
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
