package findings

import (
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// TestRouterIsNoHotPath has a call site in another module, which all requests go through.
func TestRouterIsNoHotPath(t *testing.T) {
	for module, want := range map[string]string{"": "caused by serve (mux.go:7)", "example.org/router@v1.2.3": ""} {
		s := facts{cost: report.Report{Sites: []report.Site{
			{Function: "serve", File: "mux.go", Line: 7, Module: module, Share: estimate.Proportion(0.09, 1000)},
		}}}
		if got := dominant(s, 0.1); got.what != want {
			t.Errorf("module %q: %q, want %q", module, got.what, want)
		}
	}
}

// TestHotPathIsNoMoreThanAll has a call site whose estimate is above that of all of tracing.
func TestHotPathIsNoMoreThanAll(t *testing.T) {
	s := facts{cost: report.Report{Sites: []report.Site{{Function: "main.serve", File: "main.go", Line: 7, Share: estimate.Proportion(0.12, 1000)}}}}
	if got := dominant(s, 0.1); got.share != 1 {
		t.Errorf("it is %v of what tracing costs", got.share)
	}
}
