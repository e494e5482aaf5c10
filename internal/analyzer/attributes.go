package analyzer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// minValues is from how many spans on an attribute's values are claimed.
	minValues = 50
	// mostlyNew is from what chance on, surely, that the next span has a value not
	// seen yet, an attribute's values count as without bound: hundreds, at least.
	mostlyNew = 0.5
	// busiestNew is how many attributes a report lists.
	busiestNew = 20
)

// attributes are those of spans by how many values they have, those first of which
// the next span most likely has another.
func attributes(values []snapshot.Values, g *gaps) []Attribute {
	list := []Attribute{}
	for _, v := range values {
		if v.Read >= minValues {
			list = append(list, Attribute{Key: v.Key, Distinct: v.Distinct, AtLeast: estimate.Distinct(v.Distinct, v.Once, v.Twice), New: estimate.New(v.Read, v.Once)})
		}
	}
	if len(list) == 0 {
		g.add("attributes", "it takes 50 spans with an attribute, seen while they wait in a batch processor for their export")
	}
	slices.SortStableFunc(list, func(a, b Attribute) int {
		return cmp.Or(cmp.Compare(b.New.Value, a.New.Value), cmp.Compare(a.Key, b.Key))
	})
	return list[:min(len(list), busiestNew)]
}

// unbounded reports whether values seem to have no bound.
func (a Attribute) unbounded() bool { return a.New.Low > mostlyNew }

// describeUnbounded names the attributes without bound, "" if there are none.
func describeUnbounded(list []Attribute) string {
	var said []string
	for _, a := range list {
		if a.unbounded() {
			said = append(said, fmt.Sprintf("%s (%d in %d spans)", a.Key, a.Distinct, a.New.N))
		}
	}
	return strings.Join(said, ", ")
}
