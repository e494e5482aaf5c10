package view

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/report"
)

// findings has two rows for each finding: what is wrong, and what to do.
func (f frame) findings() []row {
	if !f.Total.Known("findings") {
		return nil
	}
	if len(f.Total.Findings) == 0 {
		parts := []part{text("none")}
		if n := len(unevaluated(f.Total)); n > 0 {
			parts = append(parts, styled(count(n)+" not evaluated yet", quiet))
		}
		return []row{{name: "FINDINGS", label: "FINDINGS", style: heading, parts: parts, rank: detail}}
	}
	var rows []row
	label := "FINDINGS"
	for _, finding := range bySeverity(f.Total.Findings) {
		parts := append([]part{styled(finding.Severity, severityOf(finding))}, prose(finding.Headline(), proseStyle(finding))...)
		rows = append(rows, row{name: "all FINDINGS", label: label, style: heading, parts: parts, sep: " ", rank: useful})
		if len(finding.Advice) > 0 {
			rows = append(rows, row{name: "advice", parts: prose("→ "+adviceLine(finding.Advice[0]), plain), sep: " ", rank: advised})
		}
		label = ""
	}
	return rows
}

// severities orders findings; one that is not listed comes last.
var severities = []string{"critical", "warning", "info"}

// bySeverity has the findings that hold first, then past ones, the most severe first.
func bySeverity(findings []report.Finding) []report.Finding {
	order := func(f report.Finding) int {
		i := slices.Index(severities, f.Severity)
		if i < 0 {
			i = len(severities)
		}
		if !f.Holds() {
			i += len(severities) + 1
		}
		return i
	}
	return slices.SortedStableFunc(slices.Values(findings), func(a, b report.Finding) int {
		return cmp.Compare(order(a), order(b))
	})
}

// severityOf is the style of a finding's severity: past ones are dimmed.
func severityOf(f report.Finding) style {
	if !f.Holds() {
		return quiet
	}
	return severityStyle(f.Severity)
}

// proseStyle is the style of a finding's text.
func proseStyle(f report.Finding) style {
	if !f.Holds() {
		return quiet
	}
	return plain
}

func severityStyle(severity string) style {
	switch severity {
	case "critical":
		return critical
	case "warning":
		return warning
	default:
		return plain
	}
}

// adviceLine renders a piece of advice with the most likely way to make its change, in one line.
func adviceLine(a report.Advice) string {
	changes := changesOf(a)
	if len(changes) == 0 {
		return a.Title
	}
	return strings.Join(append([]string{a.Title + ":"}, changes[0].lines...), " ")
}

// change is a way to make the change of an advice.
type change struct {
	where string   // in which the lines are put
	lines []string // ready to paste
}

// changesOf are the ways to make the change of an advice, the most likely first. Reports of earlier
// versions have variables only.
func changesOf(a report.Advice) (changes []change) {
	by := a.By
	if len(by) == 0 && len(a.Env) > 0 {
		by = []string{report.ByVariables}
	}
	for _, way := range by {
		c := change{}
		switch way {
		case report.ByVariables:
			c = change{"environment", variables(a)}
		case report.ByCode:
			c = change{"code", a.Go}
			if len(a.Where) > 0 {
				c.where += " of " + strings.Join(a.Where, ", ")
			}
		case report.ByFile:
			c = change{"configuration file", strings.Split(a.YAML, "\n")}
		}
		if len(c.lines) == 0 {
			continue
		}
		shown := make([]string, len(c.lines))
		for i, line := range c.lines {
			shown[i] = Sanitize(line)
		}
		changes = append(changes, change{Sanitize(c.where), shown})
	}
	return changes
}

// variables are the environment variables of an advice, as NAME=value.
func variables(a report.Advice) (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(a.Env)) {
		lines = append(lines, name+"="+a.Env[name])
	}
	return lines
}

// settings are the lines of all ways to make the change of an advice. Each way is introduced, but
// for variables alone.
func settings(a report.Advice) (lines []string) {
	changes := changesOf(a)
	for i, c := range changes {
		switch {
		case i > 0:
			lines = append(lines, "# or, if that has no effect, in the "+c.where+":")
		case len(changes) > 1 || c.where != "environment":
			lines = append(lines, "# in the "+c.where+":")
		}
		lines = append(lines, c.lines...)
	}
	return lines
}

// findingsInFull shows all findings with their evidence and all advice, and names the
// findings that are not evaluated yet.
func (f frame) findingsInFull() []row {
	r := f.Total
	if !r.Known("findings") {
		return []row{{parts: prose("Findings are not evaluated yet; m shows why.", quiet), sep: " "}}
	}
	var rows []row
	for _, finding := range bySeverity(r.Findings) {
		rows = append(append(rows, findingInFull(finding)...), row{rank: blank})
	}
	if len(rows) == 0 {
		rows = []row{{label: "none", style: heading}, {rank: blank}}
	}
	if open := unevaluated(r); len(open) > 0 {
		rows = append(rows, row{parts: prose("Not evaluated yet: "+strings.Join(open, ", ")+"; m shows why.", quiet), sep: " "})
	}
	return rows
}

// findingInFull shows one finding.
func findingInFull(f report.Finding) []row {
	rows := []row{{label: f.Severity, style: severityOf(f), parts: prose(f.Headline(), proseStyle(f)), sep: " "}}
	if evidence := facts(evidenceOf(f)); len(evidence) > 0 {
		rows = append(rows, row{parts: evidence})
	}
	for _, a := range f.Advice {
		rows = append(rows, adviceInFull(a)...)
	}
	return rows
}

// adviceInFull shows an advice, its settings and the expected effect.
func adviceInFull(a report.Advice) []row {
	rows := []row{{parts: prose("→ "+a.Title, plain), sep: " "}}
	for _, setting := range settings(a) {
		rows = append(rows, row{parts: []part{text(setting)}})
	}
	if expected := facts(expectedLines(a)); len(expected) > 0 {
		rows = append(rows, row{parts: append([]part{styled("expected effect:", quiet)}, expected...), sep: " "})
	}
	return rows
}

// facts renders figures behind their names.
func facts(all []fact) (parts []part) {
	for _, f := range all {
		parts = append(parts, styled(f.Name+" "+f.Value, quiet))
	}
	return parts
}

// unevaluated returns the ids of the findings that are not evaluated yet.
func unevaluated(r report.Report) (ids []string) {
	for _, m := range r.Missing {
		if id, found := strings.CutPrefix(m.What, "findings."); found {
			ids = append(ids, id)
		}
	}
	return ids
}
