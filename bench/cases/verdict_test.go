package main

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/compare"
)

func TestVerdict(t *testing.T) {
	kept := compare.Expectation{Finding: "span-drop", Advice: "resize", Figure: "spans.dropped_share", Outcome: compare.CameTrue}
	broken, unknown, other := kept, kept, kept
	broken.Outcome, unknown.Outcome = compare.DidNot, compare.Unclaimed
	other.Advice = "another"
	stayed := unknown
	stayed.After = &compare.Figure{Value: 508}
	tests := []struct {
		name    string
		changed compare.Comparison
		want    string // in the error; empty: none
	}{
		{"cured", compare.Comparison{Expectations: []compare.Expectation{kept}}, ""},
		{"another finding stays", compare.Comparison{Remaining: []compare.Finding{{ID: "uncompressed"}}, Expectations: []compare.Expectation{kept}}, ""},
		{"still sick", compare.Comparison{Remaining: []compare.Finding{{ID: "span-drop"}}, Expectations: []compare.Expectation{kept}}, "still there"},
		{"another effect", compare.Comparison{Expectations: []compare.Expectation{kept, broken}}, "was to be"},
		{"as it was", compare.Comparison{Expectations: []compare.Expectation{stayed}}, ""},
		{"effect not known", compare.Comparison{Expectations: []compare.Expectation{unknown}}, "not known"},
		{"nothing promised", compare.Comparison{Expectations: []compare.Expectation{other}}, "promised nothing"},
	}
	for _, test := range tests {
		err := treatment{illness: illness{findings: []string{"span-drop"}}, cure: cure{told: []string{"resize"}}, changed: test.changed}.verdict()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}
