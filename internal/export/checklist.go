package export

import (
	"github.com/otwatch/otwatch/internal/checklist"
	"github.com/otwatch/otwatch/internal/report"
)

// checklists is the JSON form of any number of Checklists.
type checklists struct {
	// Always "otwatch.checklist/v1".
	Schema string `json:"schema"`
	// A checklist for each process.
	Targets []checklist.Checklist `json:"targets"`
}

// Checklists is the JSON document for the checklists of reports.
func Checklists(reports []report.Report) any {
	document := checklists{Schema: checklist.Schema, Targets: []checklist.Checklist{}}
	for _, r := range reports {
		document.Targets = append(document.Targets, checklist.Of(r))
	}
	return document
}
