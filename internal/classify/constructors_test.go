package classify

import (
	"fmt"
	"testing"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestBuildersAreThoseOfTheTable whatever types they are made for.
func TestBuildersAreThoseOfTheTable(t *testing.T) {
	for i := range 3 {
		name := fmt.Sprintf("go.opentelemetry.io/otel/sdk/resource.New[main.T%d]", i)
		if got := constructorIn([]*snapshot.Frame{{Function: name}}); got != "go.opentelemetry.io/otel/sdk/resource.New" {
			t.Errorf("%s is %q", name, got)
		}
	}
}
