package compare

import (
	"maps"
	"math"
	"slices"

	"github.com/otwatch/otwatch/internal/report"
)

// Outcomes of an Expectation.
const (
	CameTrue  = "came true"
	DidNot    = "did not come true"
	NotTried  = "not followed" // the second Report runs with other settings
	Unclaimed = "~"            // nothing can be claimed
)

// tolerance is how far an effect may be from the expected one, as a share of it.
const tolerance = 0.2

// Expectation is an effect that an advice of the first Report promised, and what the second
// Report says of it. Whether the advice was followed is known for some settings only.
type Expectation struct {
	// Id of the finding.
	Finding string `json:"finding"`
	// Title of the advice.
	Advice string `json:"advice"`
	// Name of the figure, as in `targets[].figures[].figure`.
	Figure string `json:"figure"`
	// The figure before. Null if it is not known.
	Before *Figure `json:"before"`
	// The promised figure.
	Expected float64 `json:"expected" unit:"of the figure"`
	// The figure after. Null if it is not known.
	After *Figure `json:"after"`
	// came true, did not come true, not followed, or ~ if nothing can be claimed.
	Outcome string `json:"outcome"`
}

func expectations(before, after report.Report) []Expectation {
	all := []Expectation{}
	for _, f := range before.Findings {
		for _, advice := range f.Advice {
			for _, name := range slices.Sorted(maps.Keys(advice.Expected)) {
				e := Expectation{Finding: f.ID, Advice: advice.Title, Figure: name, Expected: advice.Expected[name],
					Before: figure(name, before), After: figure(name, after)}
				if e.Outcome = e.outcome(); ignored(advice, after) {
					e.Outcome = NotTried
				}
				all = append(all, e)
			}
		}
	}
	return all
}

// figure returns nil for an unknown name too.
func figure(name string, r report.Report) *Figure {
	for _, f := range figures {
		if f.name == name {
			return f.of(r).finite()
		}
	}
	return nil
}

// outcome is that the expectation came true if the effect is within the tolerance of the
// expected one, or the expected value is in the interval of the measured one. If no
// change was expected, it did not come true if a change is certain.
func (e Expectation) outcome() string {
	if e.Before == nil || e.After == nil {
		return Unclaimed
	}
	off := math.Abs(e.After.Value - e.Expected)
	within := e.After.Low != nil && *e.After.Low <= e.Expected && e.Expected <= *e.After.High
	if within || off <= tolerance*math.Abs(e.Expected-e.Before.Value) {
		return CameTrue
	}
	if e.unchanged() && !difference(e.Before, e.After).claimed() {
		return Unclaimed
	}
	return DidNot
}

// unchanged reports whether the expected value does not differ from the one before: it is
// in its interval or, for a reading, within the tolerance.
func (e Expectation) unchanged() bool {
	if e.Before.Low == nil {
		return math.Abs(e.Expected-e.Before.Value) <= tolerance*math.Abs(e.Before.Value)
	}
	return *e.Before.Low <= e.Expected && e.Expected <= *e.Before.High
}
