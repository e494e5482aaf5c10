package report

import (
	"fmt"
	"time"
)

// Finding is something wrong with the process. findings.md lists all findings. A past one is
// as it was when it was most severe.
type Finding struct {
	// Which finding it is, as in findings.md.
	ID string `json:"id"`
	// info, warning or critical.
	Severity string `json:"severity"`
	// What it is about, as in CPU or Queue; several are separated by a slash.
	Category string `json:"category"`
	// holds, or past if it held earlier and does not at the end of the window.
	State string `json:"state"`
	// Since when it holds or held.
	Since time.Time `json:"since"`
	// When it held last; for lost spans, when the last one was lost. Absent if it holds.
	Until time.Time `json:"until,omitzero"`
	// The id of the finding that is its cause and has the advice. Absent if none is known.
	Because string `json:"because,omitempty"`
	// What is wrong, with figures, in one sentence.
	Title string `json:"title"`
	// The figures that it was judged by. Units are in their names; shares are fractions.
	Evidence map[string]float64 `json:"evidence" unit:"by name"`
	// Changes that help, the best first.
	Advice     []Advice `json:"advice"`
	Severities []string `json:"-"` // all that it had while it held, for metrics
}

// States of findings.
const (
	Holds = "holds"
	Past  = "past"
)

// Holds reports whether a finding holds at the end. Reports of earlier versions have only
// such ones, without a state.
func (f Finding) Holds() bool { return f.State != Past }

// Headline is what is wrong, when it was if it is past, and because of which other finding.
func (f Finding) Headline() string {
	line := f.ID + ": " + f.Title
	if f.Because != "" {
		line += " (because of " + f.Because + ")"
	}
	if !f.Holds() {
		line += fmt.Sprintf(" (past: %s to %s UTC)", f.Since.UTC().Format(time.DateTime), f.Until.UTC().Format(time.TimeOnly))
	}
	return line
}
