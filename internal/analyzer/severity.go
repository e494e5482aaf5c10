package analyzer

import "slices"

// Severities are those of a Finding, the mildest first.
var Severities = []string{severityInfo, severityWarning, severityCritical}

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
