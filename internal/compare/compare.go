package compare

import (
	"fmt"
	"path"
	"slices"

	"github.com/otwatch/otwatch/internal/report"
)

// Schema is the schema of a Document as JSON.
const Schema = "otwatch.compare/v1"

// Document compares two files: a Comparison for each target that is in both.
type Document struct {
	// Always "otwatch.compare/v1".
	Schema string `json:"schema"`
	// What makes the files hard to compare.
	Warnings []string `json:"warnings"`
	// A comparison for each process that is in both files.
	Targets []Comparison `json:"targets"`
}

// Comparison is what changed of one target.
type Comparison struct {
	// The process before the change.
	Before Side `json:"before"`
	// The process after the change.
	After Side `json:"after"`
	// Figures before and after.
	Figures []Change `json:"figures"`
	// Findings before that are gone after.
	Cleared []Finding `json:"cleared"`
	// Findings after that were not there before.
	Appeared []Finding `json:"appeared"`
	// Findings before and after, as they are after.
	Remaining []Finding `json:"remaining"`
	// The effects that the advice before promised.
	Expectations []Expectation `json:"expectations"`
	// The verdicts of `--fail-on`. Empty without it.
	Gates []Verdict `json:"gates"`
}

// Side is the target and the window of one of the two Reports.
type Side struct {
	// The process, as in its report.
	Target report.Target `json:"target"`
	// The time that the figures cover.
	Window report.Window `json:"window"`
}

// Change is one figure before and after.
type Change struct {
	// Name of the figure: its path in the report, or a name of its own.
	Figure string `json:"figure"`
	// Unit of the figure: share (0..1), cores, us (µs), ms, per_second, spans or bytes, which
	// are per second or minute if the name says so.
	Unit string `json:"unit"`
	// The figure before. Null if it is not known.
	Before *Figure `json:"before"`
	// The figure after. Null if it is not known.
	After *Figure `json:"after"`
	// After minus before. Null if one of the two is not known.
	Difference *Figure `json:"difference"`
	// The figure changed: the interval of the difference does not include 0.
	Claimed bool `json:"claimed"`
}

// Finding is a finding of a Report, in short.
type Finding struct {
	// Which finding it is, as in findings.md.
	ID string `json:"id"`
	// info, warning or critical.
	Severity string `json:"severity"`
	// What is wrong, with figures, in one sentence.
	Title string `json:"title"`
}

// Reports compares the targets of two files. If each file has one target they are
// compared in any case, with a warning if they are different programs. Otherwise targets
// are matched by service and executable, in their order. Each is judged by all gates.
func Reports(before, after []report.Report, gates ...Gate) Document {
	d := Document{Schema: Schema, Warnings: []string{}, Targets: []Comparison{}}
	if len(before) == 1 && len(after) == 1 {
		if program(before[0]) != program(after[0]) {
			d.warn("these are different programs: %s before, %s after; a difference says nothing about a change", program(before[0]), program(after[0]))
		}
		d.Targets = append(d.Targets, compareTwo(before[0], after[0], gates))
		return d
	}
	left := map[string][]int{} // indices of those after, by their program
	for i, a := range after {
		left[program(a)] = append(left[program(a)], i)
	}
	for _, b := range before {
		same := left[program(b)]
		if len(same) == 0 {
			d.warn("%s is in the first file only", program(b))
			continue
		}
		d.Targets = append(d.Targets, compareTwo(b, after[same[0]], gates))
		left[program(b)] = same[1:]
	}
	for i, a := range after {
		if slices.Contains(left[program(a)], i) {
			d.warn("%s is in the second file only", program(a))
		}
	}
	return d
}

func (d *Document) warn(format string, args ...any) {
	d.Warnings = append(d.Warnings, fmt.Sprintf(format, args...))
}

// program identifies a program, whatever its version and path.
func program(r report.Report) string {
	return fmt.Sprintf("%s (%s)", r.Target.ServiceName, path.Base(r.Target.Exe))
}

func compareTwo(before, after report.Report, gates []Gate) Comparison {
	c := Comparison{
		Before: Side{before.Target, before.Window}, After: Side{after.Target, after.Window},
		Cleared: without(before.Findings, after.Findings), Appeared: without(after.Findings, before.Findings), Remaining: []Finding{},
		Expectations: expectations(before, after), Gates: judgeAll(gates, before, after),
	}
	for _, f := range after.Findings {
		if among(before.Findings, f.ID) {
			c.Remaining = append(c.Remaining, Finding{f.ID, f.Severity, f.Title})
		}
	}
	for _, f := range figures {
		change := Change{Figure: f.name, Unit: f.unit, Before: f.of(before).finite(), After: f.of(after).finite()}
		change.Difference = difference(change.Before, change.After).finite()
		change.Claimed = change.Difference.claimed()
		c.Figures = append(c.Figures, change)
	}
	return c
}

// without returns the findings whose ids are not among others.
func without(findings, others []report.Finding) []Finding {
	left := []Finding{}
	for _, f := range findings {
		if !among(others, f.ID) {
			left = append(left, Finding{f.ID, f.Severity, f.Title})
		}
	}
	return left
}

func among(findings []report.Finding, id string) bool {
	return slices.ContainsFunc(findings, func(f report.Finding) bool { return f.ID == id })
}
