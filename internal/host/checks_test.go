package host

import (
	"testing"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestEveryCheckSaysWhatToDo walks the table on whatever host this is.
func TestEveryCheckSaysWhatToDo(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Examine() {
		t.Run(c.Name, func(t *testing.T) {
			if seen[c.Name] {
				t.Error("there are two of that name")
			}
			seen[c.Name] = true
			if c.Fix == "" {
				t.Error("it does not say what to do if it fails")
			}
			if (c.Err == nil) == (c.Detail == "") {
				t.Errorf("error %v and detail %q, want one of them", c.Err, c.Detail)
			}
		})
	}
	if len(seen) != len(checks) {
		t.Errorf("%d results of %d checks", len(seen), len(checks))
	}
}

func TestRootHasWhatIsNeeded(t *testing.T) {
	testtarget.NeedRoot(t)
	for _, c := range Examine() {
		if c.Required && c.Err != nil {
			t.Errorf("%s: %v; %s", c.Name, c.Err, c.Fix)
		}
	}
}
