package view

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
)

// TestNeverEndedNone shows how many spans were followed.
func TestNeverEndedNone(t *testing.T) {
	var said strings.Builder
	for _, r := range neverEnded(estimate.Proportion(0, 757)) {
		said.WriteString(r.text)
	}
	if said.String() != "never ended 0 of 757 followed" {
		t.Errorf("%q", said.String())
	}
}
