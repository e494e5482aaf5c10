package analyzer

import (
	"cmp"
	"slices"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// minValues is how many spans with an attribute are needed to claim anything of its values.
	minValues = 50
	// maxAttributes is how many attributes a report lists.
	maxAttributes = 20
)

// attributes are those of spans, by how likely the next span has a value not seen yet.
func attributes(values []snapshot.Values, g *report.Gaps) []report.Attribute {
	list := []report.Attribute{}
	for _, v := range values {
		if v.Read >= minValues {
			list = append(list, report.Attribute{Key: v.Key, Distinct: v.Distinct, AtLeast: estimate.Distinct(v.Distinct, v.Once, v.Twice), New: estimate.New(v.Read, v.Once)})
		}
	}
	if len(list) == 0 {
		g.Add("attributes", "needs 50 spans with an attribute that were seen waiting in a batch processor")
	}
	slices.SortStableFunc(list, func(a, b report.Attribute) int {
		return cmp.Or(cmp.Compare(b.New.Value, a.New.Value), cmp.Compare(a.Key, b.Key))
	})
	return list[:min(len(list), maxAttributes)]
}
