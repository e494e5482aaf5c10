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
	// CPU, Memory, Network, Batching, Sampling, Queue or Cardinality.
	Category string `json:"category"`
	// limited: there are findings; clear: there are none; unknown: not everything was judged.
	State string `json:"state"`
	// Ids of the findings.
	Findings []string `json:"findings"`
}

// categories are those of findings. A finding may have several, as in CPU/Memory.
var categories = []string{"CPU", "Memory", "Network", "Batching", "Sampling", "Queue", "Cardinality"}

// bottlenecks are the states of all categories.
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

// categoriesOf are the categories that a finding limits. Sampling too much also costs CPU
// time.
func categoriesOf(f report.Finding) []string {
	names := strings.Split(f.Category, "/")
	if f.ID == "sampling-high" {
		names = append(names, "CPU")
	}
	return names
}

// allJudged reports whether all findings of a category were judged: one that was not may be
// the bottleneck.
func allJudged(r report.Report, category string) bool {
	for _, rule := range findings.Rules() {
		if !r.Known("findings."+rule.ID) && slices.Contains(strings.Split(rule.Category, "/"), category) {
			return false
		}
	}
	return true
}
