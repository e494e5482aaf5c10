package analyzer

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxScopes is how many scopes a report lists at most.
const maxScopes = 20

// scopes are the instrumentation scopes of the spans that were read, and the libraries that
// were sampled while they called tracing. Spans show their scope, samples the package of the
// code. They are one if the scope is named after the package, or if only that package starts
// spans with the scope's names.
func scopes(s snapshot.Snapshot, c classify.Counts, r report.Report, g *report.Gaps) []report.Scope {
	list := spansByScope(s, r, g)
	libraries := byPackage(c)
	packages := packagesOf(list, s, libraries)
	owners := map[string]int{}
	for _, pkg := range packages {
		owners[pkg]++
	}
	for i, scope := range list {
		pkg := packages[scope.Name]
		l, sampled := libraries[pkg]
		list[i].Library = pkg
		if pkg != "" && isNamedAfter(scope.Name, pkg) {
			list[i].Name = pkg // the scope's was cut off
		}
		if pkg == "" || owners[pkg] > 1 || !sampled && c.Samples < minSamples {
			continue
		}
		list[i] = l.of(list[i], c, r)
		delete(libraries, pkg)
	}
	for _, pkg := range slices.Sorted(maps.Keys(libraries)) {
		list = append(list, libraries[pkg].of(report.Scope{Library: pkg}, c, r))
	}
	slices.SortStableFunc(list, func(a, b report.Scope) int {
		return cmp.Or(-cmp.Compare(valueOf(a.Share), valueOf(b.Share)), -cmp.Compare(valueOf(a.Spans), valueOf(b.Spans)),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.Library, b.Library))
	})
	missingOfScopes(list, c, g)
	return list[:min(len(list), maxScopes)]
}

// missingOfScopes says why figures of scopes are null.
func missingOfScopes(list []report.Scope, c classify.Counts, g *report.Gaps) {
	if len(list) == 0 {
		g.Add("scopes", "no span was read, and no CPU sample was of a library that calls tracing")
		return
	}
	if len(list) > maxScopes || c.Libraries[classify.OtherLibraries] > 0 {
		g.Add("scopes.others", "there are too many; those with the least CPU time were left out")
	}
	for _, null := range []struct {
		figure, why string
		is          func(report.Scope) bool
	}{
		{"scopes.spans", "needs spans that were read and the number of spans ended; of a library whose scope is not known, neither", func(s report.Scope) bool { return s.Spans == nil }},
		{"scopes.attributes_per_span", "needs spans of the scope that were read", func(s report.Scope) bool { return s.AttributesPerSpan == nil }},
		{"scopes.per_request", "needs local roots among the spans read", func(s report.Scope) bool { return s.PerRequest == nil }},
		{"scopes.share", "needs 30 CPU samples, and one package that starts the scope's spans and no other's", func(s report.Scope) bool { return s.Share == nil }},
		{"scopes.cost_us", "it is the scope's CPU time divided by its spans, which are not both known", func(s report.Scope) bool { return s.CostUS == nil }},
		{"scopes.alloc_share", "needs 30 CPU samples of allocations, and the scope's package", func(s report.Scope) bool { return s.AllocShare == nil }},
	} {
		if slices.ContainsFunc(list, null.is) {
			g.Add(null.figure, null.why)
		}
	}
}

// spansByScope are the scopes of the spans that were read.
func spansByScope(s snapshot.Snapshot, r report.Report, g *report.Gaps) []report.Scope {
	total := s.Names.Total()
	if g.Has("names") || total.Spans == 0 {
		return []report.Scope{}
	}
	by := map[string]*snapshot.Name{}
	for _, n := range s.Names.List {
		if by[n.Scope] == nil {
			by[n.Scope] = &snapshot.Name{}
		}
		by[n.Scope].Spans += n.Spans
		by[n.Scope].Attributes += n.Attributes
	}
	list := []report.Scope{}
	shareOf := sharesRead(s.Names)
	for _, name := range slices.Sorted(maps.Keys(by)) {
		sum := by[name]
		share, attributes := shareOf(sum.Spans), estimate.Ratio(sum.Attributes, sum.Spans)
		scope := report.Scope{Name: name, AttributesPerSpan: &attributes}
		if r.Spans.Ended != nil {
			scope.Spans = r.Spans.Ended.By(*share)
		}
		if total.LocalRoots > 0 {
			scope.PerRequest = share.Per(*shareOf(total.LocalRoots))
		}
		list = append(list, scope)
	}
	return list
}

// packagesOf are the packages whose code starts the spans of scopes, by the scopes' names.
func packagesOf(list []report.Scope, s snapshot.Snapshot, libraries map[string]library) map[string]string {
	scopeOf := map[string]string{} // by span name; "" if several have it
	for _, n := range s.Names.List {
		if other, known := scopeOf[n.Name]; known && other != n.Scope {
			scopeOf[n.Name] = ""
			continue
		}
		scopeOf[n.Name] = n.Scope
	}
	started := map[string]map[string]bool{} // packages by scope
	starts := func(scope, pkg string) {
		if started[scope] == nil {
			started[scope] = map[string]bool{}
		}
		started[scope][pkg] = true
	}
	for _, site := range s.Following.Sites {
		if scope, known := scopeOf[site.SpanName]; known && scope != "" {
			starts(scope, classify.LibraryOf(site.Site).Package)
		}
	}
	packages := map[string]string{}
	for _, scope := range list {
		for pkg := range libraries {
			if isNamedAfter(scope.Name, pkg) {
				starts(scope.Name, pkg)
			}
		}
		all := slices.Sorted(maps.Keys(started[scope.Name]))
		named := slices.DeleteFunc(slices.Clone(all), func(pkg string) bool { return !isNamedAfter(scope.Name, pkg) })
		switch {
		case len(all) == 1:
			packages[scope.Name] = all[0]
		case len(named) == 1: // a name that was cut off may fit several packages; then none is chosen
			packages[scope.Name] = named[0]
		}
	}
	return packages
}

// isNamedAfter reports whether a scope has the name of a package. Scopes are cut off.
func isNamedAfter(scope, pkg string) bool {
	if cut, ok := strings.CutSuffix(scope, "…"); ok {
		return strings.HasPrefix(pkg, cut)
	}
	return scope == pkg
}

// library is what the samples show of a package.
type library struct {
	version              string
	samples, allocations uint64
}

func byPackage(c classify.Counts) map[string]library {
	by := map[string]library{}
	for key, n := range c.Libraries {
		if key == classify.OtherLibraries {
			continue
		}
		l := by[key.Package]
		l.samples += n
		l.allocations += c.LibraryAllocs[key]
		if _, version, found := strings.Cut(key.Module, "@"); found && version > l.version {
			l.version = version
		}
		by[key.Package] = l
	}
	return by
}

// of adds what the samples show to a scope.
func (l library) of(scope report.Scope, c classify.Counts, r report.Report) report.Scope {
	scope.Version = l.version
	if c.Samples < minSamples {
		return scope
	}
	scope.Share = estimate.Proportion(c.Share(l.samples), c.Samples)
	if scope.Spans != nil && scope.Spans.Value > 0 {
		scope.CostUS = scope.Share.Times(r.CPU.ProcessSeconds * 1e6).Per(*scope.Spans)
	}
	if allocating := c.AllAllocating(); allocating >= minAllocating {
		share := estimate.Ratio(l.allocations, allocating)
		scope.AllocShare = marginOf(estimate.Proportion(share, allocating), 1).and(eitherWay(byteShareError)).around(share, allocating)
	}
	return scope
}

func valueOf(e *estimate.Estimate) float64 {
	if e == nil {
		return 0
	}
	return e.Value
}
