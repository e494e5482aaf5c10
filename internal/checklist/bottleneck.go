package checklist

import (
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/findings"
	"github.com/otwatch/otwatch/internal/report"
)

// States of a Bottleneck; the third is Unknown.
const (
	Limited = "limited" // there are findings
	Clear   = "clear"
)

// Bottleneck is what tracing may be limited by, and what was found of it.
type Bottleneck struct {
	Category string   `json:"category"`
	State    string   `json:"state"`
	Findings []string `json:"findings"`
}

// categories are those of findings; one finding may name several, as in
// CPU/Memory.
var categories = []string{"CPU", "Memory", "Network", "Batching", "Sampling", "Queue", "Cardinality"}

func bottlenecks(r report.Report) []Bottleneck {
	var all []Bottleneck
	for _, category := range categories {
		b := Bottleneck{Category: category, State: Clear, Findings: []string{}}
		if !allJudged(r, category) {
			b.State = Unknown
		}
		for _, f := range r.Findings {
			if slices.Contains(categoriesOf(f), category) {
				b.State, b.Findings = Limited, append(b.Findings, f.ID)
			}
		}
		all = append(all, b)
	}
	return all
}

// categoriesOf are the categories that a finding stands in the way of. Sampling too
// much is a matter of the CPU it takes, too.
func categoriesOf(f report.Finding) []string {
	names := strings.Split(f.Category, "/")
	if f.ID == "sampling-high" {
		names = append(names, "CPU")
	}
	return names
}

// allJudged reports whether all findings of a category have been: what was not may
// be the bottleneck.
func allJudged(r report.Report, category string) bool {
	for _, d := range findings.Rules() {
		if !r.Known("findings."+d.ID) && slices.Contains(strings.Split(d.Category, "/"), category) {
			return false
		}
	}
	return true
}
