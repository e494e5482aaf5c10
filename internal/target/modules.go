package target

import (
	"maps"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/defects"
	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxModules bounds the modules that are kept of a program. The Collector's contrib distribution
// has the most that are known, some 400.
const maxModules = 512

// Modules are the modules of a program that are OpenTelemetry's, or instrument others with it by
// their names, with the versions that are their own.
func Modules(d gobinary.Description) []snapshot.Module {
	var modules []snapshot.Module
	for _, m := range d.Modules {
		if telemetric(m.Path) && len(modules) < maxModules {
			modules = append(modules, snapshot.Module{Path: m.Path, Version: m.Release()})
		}
	}
	return modules
}

func telemetric(module string) bool {
	name := strings.ToLower(module)
	return strings.Contains(name, "opentelemetry") || strings.Contains(name, "otel")
}

// Linked are the functions with known defects that a program has, by name. Looking them up costs
// a pass over the function table, unless that was done before.
func Linked(b *gobinary.Binary) ([]string, error) {
	found, err := b.Functions(defects.Functions()...)
	return slices.Sorted(maps.Keys(found)), err
}
