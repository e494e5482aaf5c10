package analyzer

import "fmt"

const (
	fullList    = 20  // names that a report holds at most
	rareNames   = 0.5 // of the spans, with the names that are listed
	rareClears  = 0.6
	spansOfName = 1000 // seen before names are judged
)

var highCardinality = diagnosis{
	id: "high-cardinality", category: "Cardinality",
	says:   "span names are without bound",
	when:   "of at least 1,000 spans looked at, the 20 busiest names have less than half",
	clears: "they have 60 %, or fewer than 20 names are seen",
	needs:  "it takes the names of 1,000 spans",
	judge:  judgeHighCardinality,
}

func judgeHighCardinality(s seen) ruling {
	names := s.cost.Names
	var covered float64
	var spans uint64
	for _, n := range names {
		if n.Share != nil {
			covered += n.Share.Value
			spans = max(spans, n.Share.N)
		}
	}
	switch {
	case spans < spansOfName:
		return ruling{}
	case len(names) < fullList || covered >= rareClears:
		return ruling{state: healthy}
	case covered >= rareNames:
		return ruling{}
	}
	return ruling{
		state: sick, severity: severityWarning,
		title:    fmt.Sprintf("the %d busiest span names have only %.0f %% of the spans", len(names), 100*covered),
		evidence: map[string]float64{"names": float64(len(names)), "share": covered, "spans": float64(spans)},
		advice:   []Advice{code("name spans by route or operation, as in GET /orders/{id}, and put ids into attributes")},
	}
}
