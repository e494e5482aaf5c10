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

// adviceLine renders a piece of advice with its settings, ready to paste.
func adviceLine(a report.Advice) string {
	line := a.Title
	if len(a.Env) > 0 {
		line += ":"
	}
	return strings.Join(append([]string{line}, settings(a)...), " ")
}

// settings returns the environment variables of an advice, as NAME=value.
func settings(a report.Advice) (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(a.Env)) {
		lines = append(lines, Sanitize(name+"="+a.Env[name]))
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
