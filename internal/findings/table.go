package findings

import (
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/report"
)

// rule is a row of the table of findings: everything that defines one.
type rule struct {
	id, category string
	says         string // what is wrong
	when         string // thresholds at which it is raised
	clears       string // thresholds at which it clears
	needs        string // the reason if it was not judged
	judge        func(facts) verdict
}

// rules is the table, in the order of the documentation. Each row is in a file of its own,
// rule_<id>.go, with its thresholds and advice.
var rules = []rule{
	syncExport, batchConfig, flushPerRequest, queueBacklog, spanDrop, logDrop, exportSlow, exportErrors, uncompressed,
	notExported, lostAtExit, cpuStarved,
	samplingHigh, hotPath, propagatorChurn, attributeCost, metricsCost, highCardinality, ignoredSettings, spanFlood, traceStructure, spanLeak,
	componentsLeak, scopeChurn, spansRetained, memoryGrowth, foreignProbes, knownIssue,
}

// state says whether a finding is there.
type state int

const (
	unknown state = iota // nothing to judge by, or between the thresholds: nothing changes
	absent               // below the threshold at which the finding clears
	present              // above the threshold at which it is raised
)

// verdict is a rule's answer. Only a finding that is present has more than a state.
type verdict struct {
	state    state
	severity string
	title    string
	evidence map[string]float64
	advice   []report.Advice
	// forecast is better advice, with its expected effect, if not nil. Forecasts are
	// costly: one is made when the finding is raised, and again each time that it has been
	// present twice as long, since more is known then, or that its extent has grown by half.
	forecast func() []report.Advice
	extent   float64
	// since is when it began, and until the moment of the last loss, if these are known
	// better than from the verdicts.
	since, until time.Time
	// atOnce raises the finding at the first verdict, which covers enough time by itself.
	atOnce bool
}

// severe is a warning, or critical.
func severe(critical bool) string {
	if critical {
		return report.Critical
	}
	return report.Warning
}

// setting is advice to set environment variables: names and values in turn.
func setting(title string, env ...string) report.Advice {
	a := report.Advice{Title: title, Wanted: map[string]string{}, Expected: map[string]float64{}}
	for pair := range slices.Chunk(env, 2) {
		a.Wanted[pair[0]] = pair[1]
	}
	return a
}

// code is advice to change the program.
func code(title string) report.Advice { return setting(title) }

// Rule is what the documentation says of a finding.
type Rule struct{ ID, Category, Says, When, Clears string }

// Rules returns the table of findings, in the order of the documentation.
func Rules() []Rule {
	table := make([]Rule, len(rules))
	for i, r := range rules {
		table[i] = Rule{ID: r.id, Category: r.category, Says: r.says, When: r.when, Clears: r.clears}
	}
	return table
}
