package report

import "slices"

// Severities of findings.
const (
	Info     = "info"
	Warning  = "warning"
	Critical = "critical"
)

// Severities are those of a Finding, the mildest first.
var Severities = []string{Info, Warning, Critical}

// AtLeast returns the findings of reports that are as severe as severity, one
// of Severities, or more.
func AtLeast(severity string, reports []Report) []Finding {
	var found []Finding
	for _, r := range reports {
		for _, f := range r.Findings {
			if slices.Index(Severities, f.Severity) >= slices.Index(Severities, severity) {
				found = append(found, f)
			}
		}
	}
	return found
}
