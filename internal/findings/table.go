package findings

import (
	"slices"

	"github.com/otwatch/otwatch/internal/report"
)

// diagnosis is a row of the table of findings: all that is known of one.
type rule struct {
	id, category string
	says         string // what is wrong
	when         string // the thresholds
	clears       string // what ends it
	needs        string // why it may not have been judged
	judge        func(facts) verdict
}

// diagnoses is the table, in the order of the documentation. Each row stands in
// a file of its own, beside its thresholds and advice.
var rules = []rule{
	syncExport, batchConfig, queueBacklog, spanDrop, exportSlow, exportErrors, uncompressed,
	samplingHigh, hotPath, propagatorChurn, attributeCost, highCardinality, spanLeak, memoryGrowth,
}

// state is what a rule can tell from what it was shown.
type state int

const (
	unknown state = iota // nothing to judge by, or between the thresholds: what held still does
	absent               // below the threshold at which the finding clears
	present              // above the one at which it is raised
)

// ruling is a rule's answer. All but state is set only if that is sick.
type verdict struct {
	state    state
	severity string
	title    string
	evidence map[string]float64
	advice   []report.Advice
	// forecast is better advice, with what is to be expected of it, if there is
	// any. It is costly: asked for when the finding is raised, and again each time
	// that it has held twice as long, since more is known then, or that its extent,
	// of all that the forecast rests on, has grown by half.
	forecast func() []report.Advice
	extent   float64
}

// severe is a warning, or critical.
func severe(critical bool) string {
	if critical {
		return report.Critical
	}
	return report.Warning
}

// setting is advice that environment variables suffice for: names and values in
// turn.
func setting(title string, env ...string) report.Advice {
	a := report.Advice{Title: title, Env: map[string]string{}, Expected: map[string]float64{}}
	for pair := range slices.Chunk(env, 2) {
		a.Env[pair[0]] = pair[1]
	}
	return a
}

// code is advice that takes a change of the program.
func code(title string) report.Advice { return setting(title) }

// Diagnosis is what the documentation says of a finding.
type Rule struct{ ID, Category, Says, When, Clears string }

// Diagnoses returns the table of findings, in the order of the documentation.
func Rules() []Rule {
	table := make([]Rule, len(rules))
	for i, d := range rules {
		table[i] = Rule{ID: d.id, Category: d.category, Says: d.says, When: d.when, Clears: d.clears}
	}
	return table
}
