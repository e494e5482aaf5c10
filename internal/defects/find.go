package defects

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// Found is a defect that a program has.
type Found struct {
	Defect
	Module, Version string
	Fixed           string // the version with the cure
	// Unreleased says that the version is none of a release, so it may have the cure already.
	Unreleased bool
}

// Find lists the defects that a program with these modules has, the most severe first. linked are
// those of Functions that it has. Modules whose version is not known count as free of defects:
// see Unknown. Changes of behaviour that were intended are left out.
func Find(modules []snapshot.Module, linked []string) []Found {
	var all []Found
	for _, d := range table {
		if d.Intended || len(d.Functions) > 0 && !slices.ContainsFunc(d.Functions, func(f string) bool { return slices.Contains(linked, f) }) {
			continue
		}
		for _, m := range modules {
			if r, affected := d.affects(m); affected {
				all = append(all, Found{Defect: d, Module: m.Path, Version: m.Version, Fixed: r.Before, Unreleased: module.IsPseudoVersion(m.Version)})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Found) int { return cmp.Compare(a.Effect, b.Effect) })
	return all
}

// Cure is what to do about it.
func (f Found) Cure() string {
	cure := fmt.Sprintf("upgrade %s from %s to %s or later", f.Module, f.Version, f.Fixed)
	if f.Unreleased {
		cure += " (this commit may have the cure already)"
	}
	if f.Instead != "" {
		cure += ", or " + f.Instead
	}
	return cure
}

// Count counts the vulnerabilities, and the other defects.
func Count(found []Found) (vulnerabilities, others int) {
	for _, f := range found {
		if f.Effect == Vulnerability {
			vulnerabilities++
		} else {
			others++
		}
	}
	return vulnerabilities, others
}

// Counted says how many there are of each; "" if there are none.
func Counted(found []Found) string {
	var parts []string
	vulnerabilities, others := Count(found)
	switch {
	case vulnerabilities == 1:
		parts = append(parts, "1 known vulnerability")
	case vulnerabilities > 1:
		parts = append(parts, fmt.Sprintf("%d known vulnerabilities", vulnerabilities))
	}
	switch {
	case others == 1:
		parts = append(parts, "1 known defect")
	case others > 1:
		parts = append(parts, fmt.Sprintf("%d known defects", others))
	}
	return strings.Join(parts, " and ")
}

// Affected reports whether a version of a module has the defect with an ID.
func Affected(id string, m snapshot.Module) bool {
	i := slices.IndexFunc(table, func(d Defect) bool { return d.ID == id })
	if i < 0 {
		return false
	}
	_, affected := table[i].affects(m)
	return affected
}

func (d Defect) affects(m snapshot.Module) (Range, bool) {
	for _, r := range d.Affects {
		if r.Module == m.Path && r.has(m.Version) {
			return r, true
		}
	}
	return Range{}, false
}

// has reports whether a version is in the range, by the order of semantic versions.
func (r Range) has(version string) bool {
	return semver.IsValid(version) && (r.From == "" || semver.Compare(version, r.From) >= 0) && (r.Before == "" || semver.Compare(version, r.Before) < 0)
}

// Unknown are the modules of the table whose version is not known, by path: whether they have
// defects is not known.
func Unknown(modules []snapshot.Module) (paths []string) {
	for _, m := range modules {
		inTable := slices.ContainsFunc(table, func(d Defect) bool {
			return slices.ContainsFunc(d.Affects, func(r Range) bool { return r.Module == m.Path })
		})
		if inTable && !semver.IsValid(m.Version) {
			paths = append(paths, m.Path)
		}
	}
	return paths
}

// Functions are those that Find asks for.
func Functions() (names []string) {
	for _, d := range table {
		names = append(names, d.Functions...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// All returns the table.
func All() []Defect { return slices.Clone(table) }
