package gobinary

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

const (
	// maxOptions bounds the options that are listed, and maxOptionCallers the callers of each.
	// Programs that use everything have some 60.
	maxOptions       = 128
	maxOptionCallers = 8
)

// optionPackages begin the names of packages whose options are listed.
var optionPackages = []string{"go.opentelemetry.io/otel/sdk/", "go.opentelemetry.io/otel/exporters/"}

// Options are the functions named With… of the OpenTelemetry SDK and its exporters that the program
// contains, inlined or not, sorted. The linker drops those that nothing calls. A caller is known by
// the closure that an option returns, if the option was inlined into it. The result must not be
// modified.
func (b *Binary) Options() ([]snapshot.Option, error) { return b.options() }

func (b *Binary) findOptions() ([]snapshot.Option, error) {
	budget := untrusted.NewBudget(pass)
	found, err := b.functions.within(budget).options()
	return found, verdict(budget, err)
}

func (t *pclntab) options() ([]snapshot.Option, error) {
	functions := map[string]string{} // the options by their own names, as in WithSampler; "" if several have one
	var found []snapshot.Option
	err := t.eachName(func(_ int32, name []byte) bool {
		if option, ok := optionIn(name); ok && len(found) < maxOptions {
			function := shown(string(name))
			if _, several := functions[option]; several {
				functions[option] = ""
			} else {
				functions[option] = function
			}
			found = append(found, snapshot.Option{Function: function})
		}
		return true
	})
	if err := cmp.Or(t.budget.Err(), err); err != nil || len(found) == 0 {
		return []snapshot.Option{}, err
	}
	callers := map[string][]string{} // by the function that they call
	err = t.eachName(func(_ int32, name []byte) bool {
		caller, option, ok := callerIn(name)
		if !ok {
			return true
		}
		function := functions[string(option)]
		if known := callers[function]; function != "" && len(known) < maxOptionCallers {
			callers[function] = append(known, shown(string(caller)))
		}
		return true
	})
	slices.SortFunc(found, func(x, y snapshot.Option) int { return cmp.Compare(x.Function, y.Function) })
	for i, o := range found {
		found[i].Callers = slices.Compact(slices.Sorted(slices.Values(callers[o.Function])))
	}
	return found, cmp.Or(t.budget.Err(), err)
}

// optionIn is the option that a function of the packages is, as in WithSampler.
func optionIn(function []byte) (option string, ok bool) {
	if !slices.ContainsFunc(optionPackages, func(p string) bool { return bytes.HasPrefix(function, []byte(p)) }) || bytes.Contains(function, []byte("/internal/")) {
		return "", false
	}
	_, local, _ := bytes.Cut(function[bytes.LastIndexByte(function, '/')+1:], []byte("."))
	return string(local), bytes.HasPrefix(local, []byte("With")) && !bytes.ContainsAny(local, ".[")
}

// callerIn reads the name of a closure that an inlined option returns, as in
// main.setup.WithSampler.func1. Source: cmd/compile/internal/ir, closureName.
func callerIn(function []byte) (caller, option []byte, ok bool) {
	end := bytes.LastIndex(function, []byte(".func"))
	at := bytes.LastIndex(function[:max(0, end)], []byte(".With"))
	if at < 0 {
		return nil, nil, false
	}
	option = function[at+1 : end]
	caller = bytes.TrimSuffix(function[:at], append([]byte("."), option...)) // exporters' options call others of their names
	// An option that is not inlined has only its package before it.
	return caller, option, !bytes.ContainsAny(option, "./[(") && bytes.ContainsRune(caller[bytes.LastIndexByte(caller, '/')+1:], '.')
}
