package export

import "github.com/otwatch/otwatch/internal/analyzer"

// checklists is the JSON form of any number of Checklists.
type checklists struct {
	Schema  string               `json:"schema"`
	Targets []analyzer.Checklist `json:"targets"`
}

// Checklists is what is written for the checklists of reports.
func Checklists(reports []analyzer.Report) any {
	document := checklists{Schema: analyzer.ChecklistSchema, Targets: []analyzer.Checklist{}}
	for _, r := range reports {
		document.Targets = append(document.Targets, r.Check())
	}
	return document
}
