package gobinary

import (
	"cmp"
	"slices"
	"sync"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// located caches the functions that were looked up, and the names that were not found. A
// lookup of any number of functions is a pass over a fifth of the file.
type located struct {
	mu        sync.Mutex
	functions map[string][]Function // by the name asked for
}

// Functions finds functions by their full names as the linker writes them, such as
// "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start". A name that ends in "[" matches
// every name with this beginning: the instantiations of a generic type or function. A
// name that begins with "*" matches every name that ends with the rest of it. Results are
// keyed by the name that was asked for, with the largest body first: the function before
// its ABI0 wrapper. Names that are not found are absent. The results must not be
// modified.
func (b *Binary) Functions(names ...string) (map[string][]Function, error) {
	b.located.mu.Lock()
	defer b.located.mu.Unlock()
	var unknown []string
	for _, name := range names {
		if _, known := b.located.functions[name]; !known {
			unknown = append(unknown, name)
		}
	}
	if err := b.locateFunctions(unknown); err != nil {
		return nil, err
	}
	found := map[string][]Function{}
	for _, name := range names {
		if bodies := b.located.functions[name]; len(bodies) > 0 {
			found[name] = bodies
		}
	}
	return found, nil
}

// locateFunctions looks names up and caches the results.
func (b *Binary) locateFunctions(names []string) error {
	if len(names) == 0 {
		return nil
	}
	limits := pass
	limits.Memory += int64(len(names)) * passMemory
	budget := untrusted.NewBudget(limits)
	found, err := b.locate(b.functions.within(budget), names)
	if err := verdict(budget, err); err != nil {
		return err
	}
	for _, name := range names {
		bodies := found[name]
		slices.SortStableFunc(bodies, func(x, y Function) int { return cmp.Compare(y.Size, x.Size) })
		b.located.functions[name] = bodies
	}
	return nil
}

func (b *Binary) locate(t *pclntab, names []string) (map[string][]Function, error) {
	matches, err := t.matches(names)
	if err != nil || len(matches) == 0 {
		return nil, err
	}
	found := map[string][]Function{}
	err = t.all(func(e entry) bool {
		m := matches[e.name]
		for _, wanted := range m.wanted {
			if t.budget.Memory(matchSize) != nil {
				return false
			}
			found[wanted] = append(found[wanted], b.function(e, m.name))
		}
		return true
	})
	return found, cmp.Or(t.budget.Err(), err)
}
