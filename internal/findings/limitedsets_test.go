package findings

import (
	"strings"
	"testing"
)

// TestLimitedSets has the limit of attribute sets in the way that each version of the SDK has it.
func TestLimitedSets(t *testing.T) {
	for _, test := range []struct{ sdk, variable, option string }{
		{"v1.21.0", "", ""},
		{"v1.22.0", "2000", ""},
		{"v1.37.0", "2000", ""},
		{"v1.38.0", "", "metric.WithCardinalityLimit(2000)"},
		{"v1.47.0", "", "metric.WithCardinalityLimit(2000)"},
		{"", "", "metric.WithCardinalityLimit(2000)"},
	} {
		advice := limitedSets(test.sdk)
		if test.variable == "" && test.option == "" {
			if len(advice) > 0 {
				t.Errorf("%s has %+v", test.sdk, advice)
			}
			continue
		}
		if len(advice) != 1 || advice[0].Wanted["OTEL_GO_X_CARDINALITY_LIMIT"] != test.variable || !strings.Contains(advice[0].Title, test.option) {
			t.Errorf("%q has %+v", test.sdk, advice)
		}
	}
}
